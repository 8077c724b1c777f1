// The credentials of the simulated world: who issued them, whose they are, and how long they hold.

/** Every token contains this, and no text meant for people ever may (INV-21). */
export const CANARY = 'canary7f3a'

/** The office that issues tokens and checks them. */
export interface Tokens {
  issue(user: string, reason: string): string
  /** The last one that this user was given before it expired, or one that never held. */
  stale(user: string): string
  /** Whose it is; null where it does not hold. */
  check(auth: unknown, wall: number): { readonly id: string; readonly expiresAt?: number } | null
  /** None of a user's tokens holds any more. */
  expire(user: string): void
}

/** An office whose tokens hold for so many milliseconds; null: for ever. */
export function createTokens(life: number | null, wall: () => number): Tokens {
  const good = new Map<string, { readonly user: string; readonly expiresAt: number }>()
  let count = 0
  return {
    issue(user) {
      const token = `${CANARY}-${user}-${++count}`
      good.set(token, { user, expiresAt: life === null ? Infinity : wall() + life })
      return token
    },
    stale: (user) => `${CANARY}-${user}-expired`,
    check(auth, now) {
      const token = (auth as { readonly token?: unknown } | null)?.token
      const known = typeof token === 'string' ? good.get(token) : undefined
      if (!known || known.expiresAt <= now) return null
      return known.expiresAt === Infinity
        ? { id: known.user }
        : { id: known.user, expiresAt: known.expiresAt }
    },
    expire(user) {
      for (const [token, { user: whose }] of good) if (whose === user) good.delete(token)
    },
  }
}
