// The simulator from the command line: many seeds at once, one seed told as a story, one seed shrunk.
import { drawScenario } from './draw.ts'
import { runScenario } from './run.ts'

const [from = 1, to = 20] = process.argv.slice(2).map(Number)
const start = performance.now()
let hours = 0
let steps = 0
let entries = 0
const found = new Map<string, string[]>()
for (let seed = from; seed <= to; seed++) {
  const begun = performance.now()
  const outcome = await runScenario(drawScenario(seed))
  hours += outcome.hours
  steps += outcome.steps
  entries += outcome.trace.length
  if (to - from < 30 || performance.now() - begun > 1500)
    console.log(
      seed,
      outcome.hash,
      outcome.hours.toFixed(2),
      outcome.steps,
      outcome.trace.length,
      `${(performance.now() - begun).toFixed(0)} ms`,
      outcome.violations.length,
    )
  for (const v of outcome.violations as any) {
    const list = found.get(v.invariant) ?? []
    list.push(`${seed}@${v.entry.at.toFixed(0)} ${v.entry.client}: ${v.what}`)
    found.set(v.invariant, list)
  }
}
for (const [inv, list] of found) console.log(inv, list.length, '\n   ' + list.slice(0, 6).join('\n   '))
const ms = performance.now() - start
console.log(
  `${hours.toFixed(1)} h, ${steps} steps, ${entries} entries, ${ms.toFixed(0)} ms, ${((ms * 1000) / steps).toFixed(1)} µs a step, ${(ms / hours).toFixed(1)} ms/h`,
)
