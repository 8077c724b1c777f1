// drawTimeline(): what happens between a page and a server, as an SVG that is readable by day and by night.

/** One thing that happens; time runs downwards. `page` and `server`: what is said of it beside their lines. */
export type Moment = {
  readonly page?: string
  readonly server?: string
} & (
  | { readonly what: 'note' }
  /** A frame to the server or to the page; lost on the way where it says so. */
  | { readonly what: 'to' | 'from'; readonly frame: string; readonly lost?: true }
  /** The line breaks, or is there again; between them nothing can be sent. */
  | { readonly what: 'cut' | 'back'; readonly words: string }
)

/** A drawing: how it begins, what happens, and how it ends. */
export interface Timeline {
  readonly isLinked: boolean
  readonly moments: readonly Moment[]
  /** `open`: nobody knows more. */
  readonly end: { readonly mood: 'good' | 'open' | 'bad'; readonly words: string }
}

const WIDTH = 560
const PAGE = 152
const SERVER = 400
const ROW = 34
const TOP = 62

const style = `
svg { --ink: #1f2328; --dim: #59636e; --line: #818b98; --card: #f6f8fa; --edge: #d1d9e0; --good: #1a7f37; --open: #8a5a00; --bad: #cf222e }
@media (prefers-color-scheme: dark) {
  svg { --ink: #f0f6fc; --dim: #a3adb8; --line: #9198a1; --card: #151b23; --edge: #3d444d; --good: #3fb950; --open: #d29922; --bad: #f85149 }
}
text { font: 14px system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif; fill: var(--ink) }
.head { font-weight: 600 }
.frame, .end { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
.dim { fill: var(--dim) }
.left { text-anchor: end }
.mid { text-anchor: middle }
.bad { fill: var(--bad) }
path { fill: none; stroke: var(--line); stroke-width: 1.5 }
.away { stroke-dasharray: 2 5 }
.arrow { stroke: var(--ink) }
.broken { stroke: var(--bad) }
`

/** The drawing as text; nothing in it depends on where it is made. */
export function drawTimeline({ isLinked, moments, end }: Timeline): string {
  const bottom = TOP + moments.length * ROW
  const height = bottom + 54
  const parts: string[] = []
  /** Where the line was cut, or mended, last. */
  let since = TOP - 20
  let linked = isLinked
  const lives = (until: number): void => {
    for (const x of [PAGE, SERVER]) parts.push(path(`M${x} ${since}V${until}`, linked ? '' : 'away'))
    since = until
  }

  moments.forEach((moment, index) => {
    const y = TOP + index * ROW + ROW / 2
    if (moment.page !== undefined) parts.push(text(PAGE - 12, y + 5, 'left', moment.page))
    if (moment.server !== undefined) parts.push(text(SERVER + 12, y + 5, 'dim', moment.server))
    if (moment.what === 'to' || moment.what === 'from') parts.push(...frame(moment, y))
    if (moment.what === 'cut' || moment.what === 'back') {
      lives(y)
      linked = moment.what === 'back'
      parts.push(text((PAGE + SERVER) / 2, y + 5, linked ? 'mid dim' : 'mid bad', moment.words))
    }
  })
  lives(bottom + 2)

  const box = `<rect x="12" y="${bottom + 8}" width="${WIDTH - 24}" height="34" rx="6" fill="none" stroke="var(--${end.mood})"/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<style>${style}</style>`,
    `<rect x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="var(--card)" stroke="var(--edge)"/>`,
    text(PAGE, 28, 'head mid', 'your page'),
    text(SERVER, 28, 'head mid', 'server'),
    ...parts,
    box,
    `<circle cx="28" cy="${bottom + 25}" r="5" fill="var(--${end.mood})"/>`,
    text(42, bottom + 30, 'end', end.words),
    '</svg>',
    '',
  ].join('\n')
}

function frame(moment: Extract<Moment, { what: 'to' | 'from' }>, y: number): string[] {
  const [from, to] = moment.what === 'to' ? [PAGE, SERVER] : [SERVER, PAGE]
  const ahead = Math.sign(to - from)
  const far = moment.lost === true ? from + (to - from) * 0.72 : to - ahead * 2
  const words = text((PAGE + SERVER) / 2, y - 3, 'frame mid', moment.frame)
  const line = path(`M${from + ahead * 4} ${y + 4}H${far}`, moment.lost === true ? 'broken' : 'arrow')
  const tip =
    moment.lost === true
      ? path(`M${far - 5} ${y - 1}l10 10m0-10l-10 10`, 'broken')
      : path(`M${far - ahead * 7} ${y}L${far} ${y + 4}L${far - ahead * 7} ${y + 8}`, 'arrow')
  return [words, line, tip]
}

function path(d: string, kind: string): string {
  return `<path${kind === '' ? '' : ` class="${kind}"`} d="${d}"/>`
}

function text(x: number, y: number, kind: string, words: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" class="${kind}">${safe}</text>`
}
