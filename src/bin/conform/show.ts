// show(): a value for a sentence, short.

/** A value as JSON, cut where it is long. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : toText(value)
  return text.length > 160 ? `${text.slice(0, 159)}…` : text
}

/** What a server sends may be too deep to be written again. */
function toText(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'something too deep to be shown'
  }
}
