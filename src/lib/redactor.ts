// Takes secrets out of text: the one way to logs, errors and traces (G24).

/** Knows what must not be shown. */
export interface Redactor {
  /** Remembers every string in a value as a secret; the last few dozen are kept. */
  learn(value: unknown): void
  /** The text without the secrets. */
  clean(text: string): string
}

const KEPT = 50

/** A redactor that knows nothing yet. Strings shorter than four characters are no secrets. */
export function createRedactor(): Redactor {
  const secrets: string[] = []
  const learn = (value: unknown, depth: number): void => {
    if (typeof value === 'string') {
      if (value.length < 4 || secrets.includes(value)) return
      secrets.push(value)
      if (secrets.length > KEPT) secrets.shift()
    } else if (typeof value === 'object' && value !== null && depth < 4) {
      for (const inner of Object.values(value)) learn(inner, depth + 1)
    }
  }
  return {
    learn: (value) => learn(value, 0),
    clean: (text) => secrets.reduce((left, secret) => left.replaceAll(secret, '[redacted]'), text),
  }
}
