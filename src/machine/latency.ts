// The round trip, smoothed, and the words for it.

/** How good the link is, by its smoothed round trip. */
export type Quality = 'unknown' | 'excellent' | 'good' | 'poor' | 'disconnected'

/** The smoothed round trip after one more sample: an eighth of the way to it (RFC 6298). */
export function smooth(previous: number | null, sample: number): number {
  return previous === null ? sample : previous + (sample - previous) / 8
}

/** A round trip as shown: in steps of 5 ms, above 100 ms of 10, above 1 s of 100, so that it does not change for nothing. */
export function toShown(latency: number): number {
  const step = latency <= 100 ? 5 : latency <= 1_000 ? 10 : 100
  return Math.ceil(latency / step) * step
}

/** How good a round trip is; `unknown` before the first. */
export function toQuality(
  latency: number | null,
  bounds: { readonly excellent: number; readonly good: number },
): Quality {
  if (latency === null) return 'unknown'
  return latency < bounds.excellent ? 'excellent' : latency < bounds.good ? 'good' : 'poor'
}
