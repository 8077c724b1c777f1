// Takes secrets out of text: the one way to logs, errors and traces (G24).

/** Knows what must not be shown. */
export interface Redactor {
  /** Remembers every string in a value as a secret; the last few dozen are kept. */
  learn(value: unknown): void
  /** The text without the secrets, cut where it is very long. */
  clean(text: string): string
}

const KEPT = 50
/** What is shown is cut to a fraction of this anyway; a text of megabytes is not searched. */
const LOOKED_AT = 4_096

/** A redactor that knows nothing yet. Strings shorter than four characters are no secrets. */
export function createRedactor(): Redactor {
  /** As they are, and as JSON may write them; those learned last at the end. */
  let secrets: readonly string[] = []
  const learn = (value: unknown, depth: number): void => {
    if (typeof value === 'number') learn(String(value), depth)
    else if (typeof value === 'string') {
      if (value.length < 4) return
      const json = JSON.stringify(value).slice(1, -1)
      // Some servers escape slashes.
      const forms = new Set([value, json, json.replaceAll('/', '\\/')])
      secrets = [...secrets.filter((known) => !forms.has(known)), ...forms].slice(-KEPT)
    } else if (typeof value === 'object' && value !== null && depth < 4) {
      for (const inner of Object.values(value)) learn(inner, depth + 1)
    }
  }
  return {
    learn: (value) => learn(value, 0),
    clean(text) {
      // The longest first: one may begin or contain another.
      const known = [...secrets].sort((a, b) => b.length - a.length)
      const cleaned = known.reduce(
        (left, secret) => left.replaceAll(secret, '[redacted]'),
        text.slice(0, LOOKED_AT),
      )
      // Where the text was cut, so may be a secret: nobody would know what is left of it.
      return text.length > LOOKED_AT
        ? cleaned.slice(0, -(known[0]?.length ?? 0) || undefined) || '[too long to be shown]'
        : cleaned
    },
  }
}
