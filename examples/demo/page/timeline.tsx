// The last two minutes on one axis: latency, the connection, each campaign's freshness, and what was done to the server.
import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react'
import { history, span, type History } from './history.ts'
import { Lane } from './lane.tsx'
import { LatencyLine } from './latency-line.tsx'
import { Marks } from './marks.tsx'
import { freshnessMeaning, freshnessOrder } from './words.ts'

const plot = 92
const lane = 20
const top = 34

export function Timeline(): ReactNode {
  const past = useSyncExternalStore(history.subscribe, history.getSnapshot)
  const [frame, width] = useWidth()
  const gutter = width < 520 ? 74 : 96
  const x = (at: number): number => gutter + (width - gutter) * (1 - (past.now - at) / span)
  const lanes = [{ name: 'Connection', spans: past.connection }, ...past.lanes]
  const bottom = top + plot + lanes.length * lane
  return (
    <section className="timeline" aria-label="The last two minutes">
      <div ref={frame}>
        <svg width={width} height={bottom + 24} role="img" aria-label={summary(past)}>
          <clipPath id="past">
            <rect x={gutter} y="0" width={Math.max(0, width - gutter)} height={bottom + 24} />
          </clipPath>
          <pattern
            id="hatch"
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(35)"
          >
            <rect className="hatch" width="3" height="5" />
          </pattern>
          <Grid x={x} bottom={bottom} gutter={gutter} />
          <g clipPath="url(#past)">
            <LatencyLine samples={past.latency} x={x} top={top} height={plot - 10} />
            {lanes.map(({ name, spans }, index) => (
              <Lane key={name} spans={spans} now={past.now} x={x} y={top + plot + index * lane} />
            ))}
            <Marks marks={past.marks} x={x} right={width} bottom={bottom} />
          </g>
          <g className="names">
            <text y={top + 14}>Latency</text>
            {lanes.map(({ name }, index) => (
              <text key={name} y={top + plot + index * lane + 12}>
                {name}
              </text>
            ))}
          </g>
        </svg>
      </div>
      <ul className="legend">
        {freshnessOrder.map((freshness) => (
          <li key={freshness}>
            <i className="swatch" data-state={freshness} aria-hidden="true" />
            <span>
              <b>{freshness}</b> {freshnessMeaning[freshness]}
            </span>
          </li>
        ))}
        <li>First row: full when connected, hatched while trying, low when suspended or failed.</li>
      </ul>
    </section>
  )
}

function Grid(props: {
  readonly x: (at: number) => number
  readonly bottom: number
  readonly gutter: number
}): ReactNode {
  const { now } = useSyncExternalStore(history.subscribe, history.getSnapshot)
  return (
    <g className="grid">
      {[2, 1.5, 1, 0.5, 0].map((minutes) => {
        const at = props.x(now - minutes * 60_000)
        return (
          <g key={minutes} transform={`translate(${at} 0)`}>
            <line y1={top} y2={props.bottom} />
            <text
              y={props.bottom + 15}
              textAnchor={minutes === 2 ? 'start' : minutes === 0 ? 'end' : 'middle'}
            >
              {minutes === 0
                ? 'now'
                : minutes === 1 || minutes === 2
                  ? `${minutes} min`
                  : `${minutes * 60} s`}
            </text>
          </g>
        )
      })}
    </g>
  )
}

/** For whoever cannot see the drawing. Without numbers that change all the time. */
function summary({ connection, lanes }: History): string {
  const states = lanes.map(({ name, spans }) => `${name} ${spans.at(-1)?.state ?? 'unknown'}`)
  return `Connection ${connection.at(-1)?.state ?? 'idle'}; ${states.join(', ')}`
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const element = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(600)
  useEffect(() => {
    if (element.current === null) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, width]
}
