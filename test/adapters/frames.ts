// Frames that say the same in other words, and the references inside a value.

/** A frame whose keys are in another order, with other white space and another time each time. */
export function toFrameText(type: string, data: unknown, random: () => number): string {
  const at = Math.floor(random() * 1e12)
  return toText({ type, data, timestamp: at, server: { sent_at: new Date(at).toISOString() } }, random)
}

function toText(value: unknown, random: () => number): string {
  const gap = (): string => ['', ' ', '\n', '\t  '][Math.floor(random() * 4)] ?? ''
  if (Array.isArray(value)) return `[${value.map((item) => gap() + toText(item, random)).join(',')}${gap()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
    .map((entry) => [random(), entry] as const)
    .sort(([a], [b]) => a - b)
    .map(([, [key, item]]) => `${gap()}${JSON.stringify(key)}${gap()}:${gap()}${toText(item, random)}`)
  return `{${entries.join(',')}${gap()}}`
}

/** Every object and array inside a value, by its path. */
export function references(value: unknown, path = ''): Map<string, object> {
  if (typeof value !== 'object' || value === null) return new Map()
  return new Map([
    [path, value],
    ...Object.entries(value).flatMap(([key, item]) => [...references(item, `${path}/${key}`)]),
  ])
}

/** The paths at which two values do not hold the same object. */
export function changedPaths(before: Map<string, object>, after: Map<string, object>): string[] {
  return [...after].filter(([path, object]) => before.get(path) !== object).map(([path]) => path)
}

/** The state of one of eight feeds: nested, with everything JSON has. */
export interface Feed {
  readonly name: string
  readonly items: ReadonlyArray<{
    readonly id: number
    readonly title: string
    readonly tags: readonly string[]
    readonly progress: { readonly done: number; readonly total: number | null; readonly isPaused: boolean }
  }>
  readonly counts: Readonly<Record<string, number>>
}

/** What the feed of that name holds. */
export function feed(name: string, done = 1): Feed {
  const items = Array.from({ length: 5 }, (_, id) => ({
    id,
    title: `${name} ${String(id)} “é”`,
    tags: ['a', 'b'],
    progress: { done: id === 3 ? done : 0.5, total: id % 2 ? null : 10, isPaused: false },
  }))
  return { name, items, counts: { waiting: 3, running: -0.25, failed: 1e3 } }
}

/** As many feeds as the page in requirements A3 has. */
export const feedNames: readonly string[] = Array.from({ length: 8 }, (_, index) => `feed-${String(index)}`)
