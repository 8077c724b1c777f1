// shrink(): from the moves of a failing scenario, a few that still fail (delta debugging, Zeller 1999).
import type { Move, Scenario } from './plan.ts'

/** The scenario with as few moves as can be found in so many trials. `fails` runs one. */
export async function shrink(
  scenario: Scenario,
  fails: (scenario: Scenario) => Promise<boolean>,
  trials: number = 400,
): Promise<Scenario> {
  let moves = scenario.moves
  let parts = 2
  let left = trials
  const isEnough = async (some: readonly Move[]): Promise<boolean> => {
    left--
    return fails({ ...scenario, moves: some })
  }
  while (moves.length > 0 && left > 0) {
    const size = Math.ceil(moves.length / parts)
    let smaller: readonly Move[] | null = null
    for (let from = 0; from < moves.length && left > 0 && !smaller; from += size) {
      const rest = [...moves.slice(0, from), ...moves.slice(from + size)]
      if (await isEnough(rest)) smaller = rest
    }
    if (smaller) {
      moves = smaller
      parts = Math.max(2, parts - 1)
    } else if (size === 1) break
    else parts = Math.min(moves.length, parts * 2)
  }
  return { ...scenario, moves }
}
