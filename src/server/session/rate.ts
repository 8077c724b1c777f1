// How often somebody may do something: a token bucket, as a value.

/** So many in so many milliseconds. */
export interface Rate {
  readonly max: number
  readonly per: number
}

/** What is left of a rate. */
export interface RateState {
  readonly tokens: number
  readonly at: number
  /** Refused since a tenth of the tokens was last there. */
  readonly refused: number
}

/** A full bucket. */
export function fullRate(rate: Rate, now: number): RateState {
  return { tokens: rate.max, at: now, refused: 0 }
}

/** Takes one token; without one, `refused` has grown. */
export function takeToken(state: RateState, rate: Rate, now: number): RateState {
  const passed = Math.max(0, now - state.at)
  const tokens = Math.min(rate.max, state.tokens + (passed * rate.max) / rate.per)
  if (tokens < 1) return { tokens, at: now, refused: state.refused + 1 }
  return { tokens: tokens - 1, at: now, refused: tokens > rate.max / 10 ? 0 : state.refused }
}
