// The round trip over time, on a scale of square roots, so that 2 ms and 2 s both have room; a gap where there was no connection.
import type { ReactNode } from 'react'
import type { History } from './history.ts'

const slowest = 2_000
const bounds = [100, 300]

interface LatencyLineProps {
  readonly samples: History['latency']
  readonly x: (at: number) => number
  readonly top: number
  readonly height: number
}

export function LatencyLine({ samples, x, top, height }: LatencyLineProps): ReactNode {
  const y = (value: number): number => top + height * (1 - Math.sqrt(Math.min(value, slowest) / slowest))
  const path = samples
    .map(({ at, value }, index) => {
      if (value === null) return ''
      const isAfterGap = (samples[index - 1]?.value ?? null) === null
      return `${isAfterGap ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`
    })
    .join('')
  return (
    <g className="latency">
      {bounds.map((bound) => (
        <g key={bound}>
          <line className="bound" x1="0" x2="100%" y1={y(bound)} y2={y(bound)} />
          <text x="100%" dx="-4" y={y(bound) + (bound === bounds[0] ? 11 : -4)} textAnchor="end">
            {bound} ms
          </text>
        </g>
      ))}
      <path d={path} />
    </g>
  )
}
