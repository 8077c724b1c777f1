// The page from top to bottom.
import type { ReactNode } from 'react'
import { CampaignCards } from './campaign-cards.tsx'
import { DamagePanel } from './damage-panel.tsx'
import { EventLog } from './event-log.tsx'
import { Header } from './header.tsx'
import { Instruments } from './instruments.tsx'
import { ThreeWays } from './three-ways.tsx'
import { Timeline } from './timeline.tsx'
import { Verdict } from './verdict.tsx'

export function App(): ReactNode {
  return (
    <>
      <Header />
      <div className="layout">
        <main>
          <Verdict />
          <Instruments />
          <Timeline />
          <CampaignCards />
          <ThreeWays />
          <EventLog />
          <footer>
            Heartbeat shortened to 2&nbsp;s for this demo (default: every 15&nbsp;s, 5&nbsp;s to answer).
            Everything else is <code>url</code>, <code>auth</code>, <code>load</code> and{' '}
            <code>pollEvery</code>.
          </footer>
        </main>
        <DamagePanel />
      </div>
    </>
  )
}
