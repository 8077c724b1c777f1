// The last few things that happened. They can be missed, so they are events; what must not be missed is in the snapshots.
import { useEffect, useState, type ReactNode } from 'react'
import type { PhaseTransition } from '../app/events.ts'
import { live } from './live.ts'

const keep = 7

interface Line {
  readonly id: number
  readonly at: Date
  readonly kind: 'status' | 'error' | 'phase'
  readonly text: string
  /** How often in a row. */
  readonly times: number
}

export function EventLog(): ReactNode {
  const [lines, setLines] = useState<readonly Line[]>([])
  useEffect(() => {
    let id = 0
    const add = (kind: Line['kind'], text: string): void => {
      setLines((earlier) => {
        const [last, ...rest] = earlier
        const isSame = last?.kind === kind && last.text === text
        const line = { id: (id += 1), at: new Date(), kind, text, times: isSame ? last.times + 1 : 1 }
        return [line, ...(isSame ? rest : earlier)].slice(0, keep)
      })
    }
    const stops = [
      live.on('status', ({ previous, status }) => add('status', `${previous} → ${status}`)),
      // Messages and contexts of errors have passed the redactor: no token, no query, no more than 256 characters of a frame.
      live.on('error', ({ message }) => add('error', message)),
      live.on('message', ({ type, data }) => {
        if (type !== 'phase_transition') return
        const { campaign, from, to } = data as PhaseTransition
        add('phase', `${campaign}: ${from} → ${to}`)
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [])
  return (
    <section aria-labelledby="log">
      <h2 id="log">What happened last</h2>
      <ol className="log">
        {lines.map(({ id, at, kind, text, times }) => (
          <li key={id} data-kind={kind}>
            <time dateTime={at.toISOString()}>{at.toLocaleTimeString('en-GB')}</time>
            <b>{kind}</b>
            <span>
              {text} {times > 1 && <b>× {times}</b>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
