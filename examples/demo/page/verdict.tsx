// The headline: one honest word on everything below, why it is so, and what can be done about it now.
import { useConnection } from 'holdfast/react'
import { useSyncExternalStore, type ReactNode } from 'react'
import { Age } from './age.tsx'
import { Countdown } from './countdown.tsx'
import { live } from './live.ts'
import { oldestAsOf, overall, type Overall } from './overall.ts'

const headline: Record<Overall['worst'], string> = {
  live: 'Live.',
  polling: 'Polling.',
  'catching-up': 'Catching up.',
  stale: 'Stale.',
  unknown: 'Unknown.',
}

const explanation: Record<Overall['worst'], string> = {
  live: 'Every change is pushed over one socket, and what you see is the newest state.',
  polling: 'The socket is away. Values keep moving: they are asked for over HTTP until it is back.',
  'catching-up': 'The socket is back. Values count as live again once it has confirmed them.',
  stale: 'Nothing has confirmed these values lately. They stay on the page, under their right name.',
  unknown: 'The first values are on their way.',
}

export function Verdict(): ReactNode {
  const { worst, mix } = useSyncExternalStore(overall.subscribe, overall.getSnapshot)
  return (
    <section className="verdict" data-state={worst}>
      <div>
        <div aria-live="polite">
          <h1>{headline[worst]}</h1>
          <p>
            {explanation[worst]}
            {mix.length > 1 && (
              <> ({mix.map(({ freshness, count }) => `${count} ${freshness}`).join(', ')})</>
            )}
          </p>
        </div>
        <p className="confirmed">
          {mix.length > 1 && `${mix.map(({ freshness, count }) => `${count} ${freshness}`).join(', ')}. `}
          Oldest value confirmed <Age asOf={oldestAsOf} /> ago
        </p>
      </div>
      <NextStep />
    </section>
  )
}

/** What the connection does about it, and the button that does it sooner. */
function NextStep(): ReactNode {
  const { status, retryAt, attempt, error } = useConnection(live)
  if (status === 'connected' || (status === 'connecting' && error === null)) return null
  return (
    <div className="next-step">
      {retryAt !== null && <Countdown key={retryAt} retryAt={retryAt} attempt={attempt} />}
      {retryAt === null && status !== 'failed' && <span>Attempt {attempt} under way</span>}
      {status === 'failed' ? (
        <button className="primary" onClick={() => live.connect()}>
          Connect again
        </button>
      ) : (
        <button className="primary" disabled={retryAt === null} onClick={() => live.retry()}>
          Retry now
        </button>
      )}
      {error !== null && <p className="error">{error.message}</p>}
    </div>
  )
}
