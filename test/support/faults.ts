// Writes the page that maps each fault of the catalogue to the tests which show that the library bears it.
import { families, faultIds, type Fault } from './fault-rows.ts'
import type { NamedTest } from './requirements.ts'

/**
 * The faults a test claims: `(fault N9)`, as often as there are any, anywhere in its name. Of the ids in brackets before it, N, S,
 * P, H and R count too: no requirement begins with them.
 */
export function faultsIn(name: string): string[] {
  const brackets = /^(?:\[[^\]]*\] ?)*/.exec(name)?.[0] ?? ''
  const old = brackets.split(/[[\],\s]+/).filter((id) => /^[NSPHR]\d+$/.test(id))
  const named = [...name.matchAll(/\(faults? ([^)]*)\)/g)].map((match) => match[1]!)
  return [...new Set([...old, ...named])]
}

/** Faults in test names that are none of the catalogue. */
export function unknownFaults(tests: readonly NamedTest[]): string[] {
  return tests.flatMap(({ path, name }) =>
    faultsIn(name)
      .filter((id) => !faultIds.includes(id))
      .map((id) => `${path} names ${id}, which is no fault.`),
  )
}

/** The faults that a test must show, and none does. */
export function openFaults(tests: readonly NamedTest[]): string[] {
  const shown = new Set(tests.flatMap(({ name }) => faultsIn(name)))
  return families.flatMap(({ rows }) =>
    rows.filter(({ id, required }) => required && !shown.has(id)).map(({ id }) => id),
  )
}

/** The page. */
export function renderFaults(tests: readonly NamedTest[]): string {
  const rows = families.flatMap((family) => family.rows)
  const shown = rows.filter(({ id }) => tests.some(({ name }) => faultsIn(name).includes(id))).length
  const page = [
    '# Faults',
    `What goes wrong on real networks, servers, pages and clocks, what holds then, and the tests that show it: ${shown} of ${rows.length} faults.`,
    'A fault marked "Later" cannot be met yet: it belongs to brokers on Redis or PostgreSQL, or to patches on the wire. What a test does not show of a fault stands beside it.',
    'This page is written by `npm run requirements` from the names of the tests, and every test run checks it.',
    ...families.flatMap(({ title, rows }) => [`## ${title}`, table(rows, tests)]),
  ]
  return `${page.join('\n\n')}\n`
}

/** Left as it is by the formatter, which would fill each row with spaces up to the longest. */
function table(rows: readonly Fault[], tests: readonly NamedTest[]): string {
  const lines = rows.map(({ id, what, holds, note }) => {
    const own = tests.filter(({ name }) => faultsIn(name).includes(id))
    const cell = [note, own.length > 0 ? details(own) : ''].filter((text) => text !== '').join('<br>')
    return `| ${id} | ${what} | ${holds} | ${cell} |`
  })
  return [
    '<!-- prettier-ignore-start -->',
    ['| | Fault | What holds | Shown by |', '|---|---|---|---|', ...lines].join('\n'),
    '<!-- prettier-ignore-end -->',
  ].join('\n\n')
}

function details(tests: readonly NamedTest[]): string {
  const paths = [...new Set(tests.map(({ path }) => path))]
  const lists = paths.map((path) => {
    const names = tests.filter((test) => test.path === path).map(({ name }) => `<li>${escape(name)}</li>`)
    return `<li><a href="../${path}">${path.replace('test/', '')}</a><ul>${names.join('')}</ul></li>`
  })
  const count = tests.length === 1 ? '1 test' : `${tests.length} tests`
  return `<details><summary>${count}</summary><ul>${lists.join('')}</ul></details>`
}

/** Nothing in a name is taken for markup. */
function escape(name: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '|': '&#124;' }
  return name.replaceAll(/[&<|]/g, (sign) => named[sign] ?? sign).replaceAll(/[\\`*_[\]]/g, '\\$&')
}
