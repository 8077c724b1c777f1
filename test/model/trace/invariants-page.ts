// docs/invariants.md as text: every invariant in plain words, and where it is checked.
import { checkers } from './checkers.ts'
import { compared, type Other } from './other.ts'

const everywhere = 'simulator, real sockets, Chromium'

/** Where less than everything can be seen, or happens within a test. */
const places: { readonly [id: string]: string } = {
  'INV-13': 'simulator (a circuit takes a minute to open)',
  'INV-15': 'simulator (it sees what the server says)',
  'INV-18': 'real sockets, Chromium (the simulator counts what is left after the close)',
  'INV-24': 'simulator (it sees what the server hears and says)',
  'INV-26': 'simulator (it takes hundreds of clients)',
}

/** The page. */
export function toPage(): string {
  const rows = checkers.map(({ id, rule }) => `| ${id} | ${rule} | ${places[id] ?? everywhere} |`)
  return `# Invariants

What holds at every moment, whatever the network, the server, the page and the clock do. Each is a pure function over a *trace*: a list of
everything that happened to some clients of one server, in order. One set of checkers serves three drivers: the simulator, which makes up
bad networks from a seed; Node with real sockets, a real server process, signals and a fault proxy; and a page in a real Chromium.
The rules they come from are those of [behaviour](behaviour.md). This page is made from the checkers
(\`npx vitest run --config test/vitest.config.ts --project unit test/unit/trace -u\` writes it).

A real clock moves on between the library’s look at it and the record’s, and timers come late: the checkers allow 5 ms for the one and 2 s
for the other, and a minute more in a hidden tab, where browsers hold timers back.

| Invariant | Rule | Checked in |
| --- | --- | --- |
${rows.join('\n')}

## Seen by comparing two runs

| Invariant | Rule | Shown by |
| --- | --- | --- |
${compared.map(toRow).join('\n')}
`
}

function toRow({ id, rule, where }: Other): string {
  return `| ${id} | ${rule} | ${where} |`
}
