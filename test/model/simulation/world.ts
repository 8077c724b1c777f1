// The one queue of the simulated world, ordered by time and then by sequence; promises settle where somebody stirred them.

/** Something that will happen. `run` is null once it has, or was called off. */
export interface Plan {
  readonly at: number
  readonly sequence: number
  run: (() => void) | null
}

/** Time for everybody, in milliseconds since the beginning. */
export interface World {
  readonly now: number
  /** How many things have happened. */
  readonly steps: number
  after(ms: number, run: () => void): Plan
  /** A promise of the app's was made or answered: what follows from it settles before anything else happens. */
  stir(): void
  /** Lets everything happen up to and including that time. */
  run(until: number): Promise<void>
}

/** The longest chain of promises between an answer and its last consequence: first data of the server, behind `authorize` and `snapshot`. */
const TURNS = 24
/** Awaiting it lets one turn of promises pass. */
const TURN = Promise.resolve()
/** As many things at one instant are a loop that would never end. */
const MOST_AT_ONE_INSTANT = 200_000

/** A world in which nothing is going to happen. */
export function createWorld(): World {
  const heap: Plan[] = []
  let now = 0
  let steps = 0
  let sequence = 0
  let isStirred = false
  let crowd = 0

  const settle = async (): Promise<void> => {
    for (let left = TURNS; left > 0; left--) {
      if (isStirred) left = TURNS
      isStirred = false
      await TURN
    }
  }

  return {
    get now() {
      return now
    },
    get steps() {
      return steps
    },
    after(ms, run) {
      const plan: Plan = { at: now + (ms > 0 ? ms : 0), sequence: sequence++, run }
      push(heap, plan)
      return plan
    },
    stir() {
      isStirred = true
    },
    async run(until) {
      if (isStirred) await settle()
      for (let next = heap[0]; next && next.at <= until; next = heap[0]) {
        pop(heap)
        const { run } = next
        if (!run) continue
        next.run = null
        crowd = next.at > now ? 0 : crowd + 1
        if (crowd > MOST_AT_ONE_INSTANT) throw new Error(`time stands still at ${now}`)
        now = next.at
        steps++
        run()
        if (isStirred) await settle()
      }
      now = Math.max(now, until)
    },
  }
}

function isBefore(a: Plan, b: Plan): boolean {
  return a.at === b.at ? a.sequence < b.sequence : a.at < b.at
}

function push(heap: Plan[], plan: Plan): void {
  let index = heap.length
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above]!
    if (isBefore(parent, plan)) break
    heap[index] = parent
    index = above
  }
  heap[index] = plan
}

/** Takes the first away. */
function pop(heap: Plan[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    if (left >= heap.length) break
    const right = left + 1
    const below = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
    if (isBefore(last, heap[below]!)) break
    heap[index] = heap[below]!
    index = below
  }
  heap[index] = last
}
