// One row of the timeline. Height and hatching say the same as the colour.
import type { ReactNode } from 'react'
import type { Span } from './history.ts'

const height: Record<Span['state'], number> = {
  live: 14,
  connected: 14,
  polling: 9,
  'catching-up': 14,
  connecting: 9,
  reconnecting: 9,
  suspended: 5,
  failed: 5,
  stale: 5,
  unknown: 2,
  idle: 2,
  closed: 2,
}

interface LaneProps {
  readonly spans: readonly Span[]
  readonly now: number
  readonly x: (at: number) => number
  readonly y: number
}

export function Lane({ spans, now, x, y }: LaneProps): ReactNode {
  return spans.map(({ from, state }, index) => {
    const start = x(from)
    const end = x(spans[index + 1]?.from ?? now)
    // At least one pixel: what was short is still to be seen.
    const box = {
      x: start,
      y: y + 15 - height[state],
      width: Math.max(1.5, end - start),
      height: height[state],
    }
    return (
      <rect key={from} className="span" data-state={state} {...box}>
        <title>{state}</title>
      </rect>
    )
  })
}
