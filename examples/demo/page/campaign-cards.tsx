// The campaigns: each a value of its own, with its freshness, its age and where it came from.
import { useChannel } from 'holdfast/react'
import { useCallback, type ReactNode } from 'react'
import type { CampaignProgress } from '../app/events.ts'
import { Age } from './age.tsx'
import { FreshnessBadge } from './freshness-badge.tsx'
import { campaign, campaigns, notification } from './live.ts'
import { count, percent, phaseLabel, phaseOrder, phaseText, sourceWord } from './words.ts'

export function CampaignCards(): ReactNode {
  const { data } = useChannel(campaigns)
  return (
    <section aria-labelledby="campaigns">
      <h2 id="campaigns">Campaigns</h2>
      <Notification />
      <div className="cards">
        {data?.map(({ id, name }) => (
          <Card key={id} id={id} name={name} />
        ))}
      </div>
    </section>
  )
}

function Card({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
  const channel = campaign(id)
  const { data, freshness, source, error } = useChannel(channel)
  const asOf = useCallback(() => channel.getSnapshot().asOf, [channel])
  return (
    <article className="card" data-state={freshness}>
      <header>
        <h3>{name}</h3>
        <FreshnessBadge freshness={freshness} />
      </header>
      {data === undefined ? (
        <p className="facts">Waiting for the first answer.</p>
      ) : (
        <Progress campaign={data} />
      )}
      <footer>
        <span>
          {source !== null && (
            <>
              {sourceWord[source]}, confirmed <Age asOf={asOf} /> ago
            </>
          )}
        </span>
        {error !== null && (
          <span className="error" title={error.message}>
            {error.message}
          </span>
        )}
      </footer>
    </article>
  )
}

function Progress({ campaign }: { readonly campaign: CampaignProgress }): ReactNode {
  const current = phaseOrder.indexOf(campaign.phase)
  const { total, resolved, reachable, leads } = campaign.domains
  return (
    <>
      <p className="phase">
        <b>{phaseText(campaign)}</b>
        <span className="number">{percent(campaign.progress)}</span>
      </p>
      <ol className="phases">
        {phaseOrder.map((phase, index) => {
          const done = index < current ? 100 : index === current ? campaign.progress : 0
          return (
            <li key={phase} aria-current={index === current ? 'step' : undefined}>
              <span className="meter">
                <i style={{ translate: `${done - 100}%` }} />
              </span>
              {phaseLabel[phase]}
            </li>
          )
        })}
      </ol>
      <p className="facts">
        Run {campaign.run}. {count(total)} domains, {count(resolved)} resolved, {count(reachable)} reachable,{' '}
        {count(leads)} leads.
      </p>
    </>
  )
}

/** The server's own word, kept up to date like any other value. */
function Notification(): ReactNode {
  const text = useChannel(notification, ({ data }) => data?.text)
  return <p className="notification">{text}</p>
}
