// Four readings of the connection, each drawn: status, quality, latency, circuit.
import { useConnection } from 'holdfast/react'
import type { ConnectionSnapshot } from 'holdfast'
import type { ReactNode } from 'react'
import { live } from './live.ts'
import { statusMeaning } from './words.ts'

export function Instruments(): ReactNode {
  const { status, quality, latency, circuit, attempt } = useConnection(live)
  return (
    <section aria-label="Connection">
      <dl className="instruments">
        <div data-state={status}>
          <dt>Status</dt>
          <dd>
            <i className="lamp" aria-hidden="true" /> <span aria-live="polite">{status}</span>
            <small>
              {attempt > 0 && status !== 'failed' && `Attempt ${attempt}. `}
              {statusMeaning[status]}
            </small>
          </dd>
        </div>
        <div data-quality={quality}>
          <dt>Quality</dt>
          <dd>
            <Bars quality={quality} /> {quality}
            <small>{qualityMeaning[quality]}</small>
          </dd>
        </div>
        <div>
          <dt>Latency</dt>
          <dd className="number">
            {latency ?? '–'} <abbr title="milliseconds">ms</abbr>
            <small>Round trip of the pings, smoothed.</small>
          </dd>
        </div>
        <div data-circuit={circuit}>
          <dt>Circuit</dt>
          <dd>
            <Breaker circuit={circuit} /> {circuit}
            <small>{circuitMeaning[circuit]}</small>
          </dd>
        </div>
      </dl>
    </section>
  )
}

const qualityMeaning: Record<ConnectionSnapshot['quality'], string> = {
  unknown: 'No answer to a ping yet.',
  excellent: 'Below 100 ms.',
  good: 'Below 300 ms.',
  poor: '300 ms and more.',
  disconnected: 'No socket, or a ping is overdue.',
}

const circuitMeaning: Record<ConnectionSnapshot['circuit'], string> = {
  closed: 'Attempts may flow.',
  open: 'No attempt until the pause is over.',
  'half-open': 'One probe is under way.',
}

const lit: Record<ConnectionSnapshot['quality'], number> = {
  unknown: 0,
  disconnected: 0,
  poor: 1,
  good: 2,
  excellent: 3,
}

/** Three bars, as on a phone. */
function Bars({ quality }: Pick<ConnectionSnapshot, 'quality'>): ReactNode {
  return (
    <svg className="bars" viewBox="0 0 20 16" aria-hidden="true">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          data-lit={bar < lit[quality]}
          x={bar * 7}
          y={10 - bar * 5}
          width="5"
          height={6 + bar * 5}
          rx="1"
        />
      ))}
    </svg>
  )
}

const lever: Record<ConnectionSnapshot['circuit'], number> = { closed: 0, 'half-open': -14, open: -34 }

/** A switch as in a wiring diagram: it lets current through, or visibly does not. */
function Breaker({ circuit }: Pick<ConnectionSnapshot, 'circuit'>): ReactNode {
  return (
    <svg className="breaker" viewBox="0 0 40 18" aria-hidden="true">
      <path d="M1 13h9M30 13h9" />
      <path className="lever" d="M10 13h20" style={{ rotate: `${lever[circuit]}deg` }} />
      <circle cx="10" cy="13" r="2.4" />
      <circle cx="30" cy="13" r="2.4" />
    </svg>
  )
}
