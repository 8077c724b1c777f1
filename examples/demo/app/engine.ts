// The campaign engine: works through the phases on its own clock and tells whoever listens. It knows of no socket and waits for none.
import { advance, freshCampaigns, type Campaign, type Phase } from './campaign.ts'
import { createStore } from './store.ts'

/** What the engine tells while it works. */
export interface EngineEvents {
  /** A campaign changed. */
  progress(campaign: Campaign): void
  /** A campaign entered a phase; `to` is `completed` after the last one. */
  transition(transition: { campaign: string; from: Phase; to: Phase | 'completed' }): void
}

export interface Engine {
  list(): readonly Campaign[]
  one(id: string): Campaign | undefined
  /** True if an earlier process left work that this one goes on with. */
  readonly resumed: boolean
  /** Starts to work. Returns a stop. */
  start(events: EngineEvents): () => void
}

/** `pace` 2 is twice as fast. State goes to `file` after every step, so a killed engine goes on where it was. */
export function createEngine({
  file,
  pace = 1,
  tick = 500,
}: {
  file: string
  pace?: number
  tick?: number
}): Engine {
  const store = createStore<Campaign[]>(file)
  const saved = store.read()
  let campaigns: readonly Campaign[] = saved ?? freshCampaigns()

  return {
    list: () => campaigns,
    one: (id) => campaigns.find((campaign) => campaign.id === id),
    resumed: saved !== null,
    start: (events) => {
      const timer = setInterval(() => {
        const before = campaigns
        campaigns = before.map((campaign) => advance(campaign, (tick / 1000) * pace, Math.random()))
        store.write([...campaigns])
        campaigns.forEach((campaign, index) => {
          const previous = before[index]
          if (previous !== undefined && previous !== campaign) tell(events, previous, campaign)
        })
      }, tick)
      return () => clearInterval(timer)
    },
  }
}

function tell(events: EngineEvents, previous: Campaign, campaign: Campaign): void {
  events.progress(campaign)
  const to = campaign.status === 'completed' ? 'completed' : campaign.phase
  if (to !== previous.phase) events.transition({ campaign: campaign.name, from: previous.phase, to })
}
