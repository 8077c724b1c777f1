// All this page asks of the library: one connection, and one channel for each value. Everything else here is drawing.
import { createConnection, type StateChannel } from 'holdfast'
import type { CampaignList, CampaignProgress, SystemNotification } from '../app/events.ts'

let token: string | null = null

export const live = createConnection({
  url: '/ws',
  // Asked before every attempt; a new token is only fetched when there is none, or when the server refused the last one.
  auth: async ({ reason, signal }) => {
    if (token === null || reason === 'expired') token = await fetchToken(signal)
    return { token }
  },
  // The one setting that is not everyday: the defaults, 15 s and 5 s, spare batteries but make a long wait for whoever watches.
  heartbeat: { interval: 2_000, timeout: 2_000 },
})

export const campaigns: StateChannel<CampaignList> = live.state<CampaignList>('campaigns', {
  load: ({ signal }) => getJson('/api/campaigns', signal),
  pollEvery: 10_000,
})

/** One campaign. The same id gives the same channel, so any number of components may ask. */
export function campaign(id: string): StateChannel<CampaignProgress> {
  return live.state<CampaignProgress>(`campaign_progress:${id}`, {
    load: ({ signal }) => getJson(`/api/campaigns/${id}`, signal),
    // What rests is asked for less often than what moves.
    pollEvery: (data) => (data?.status === 'completed' ? 6_000 : 3_000),
  })
}

export const notification: StateChannel<SystemNotification> = live.state<SystemNotification>(
  'system_notification',
  {
    load: ({ signal }) => getJson('/api/notification', signal),
    pollEvery: 10_000,
  },
)

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return await response.json()
}

async function fetchToken(signal: AbortSignal): Promise<string> {
  const response = await fetch('/api/session', { method: 'POST', signal })
  if (!response.ok) throw new Error(`The session service answered ${response.status}`)
  return ((await response.json()) as { token: string }).token
}
