// What an app has thrown, in words; some things have none, and some throw when they are looked at.

/** The message of an error, where it is text; undefined for anything else. */
export function toMessage(thrown: unknown): string | undefined {
  try {
    const said: unknown = thrown instanceof Error ? thrown.message : undefined
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
}

/** Anything as text. */
export function toText(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return typeof thrown
  }
}
