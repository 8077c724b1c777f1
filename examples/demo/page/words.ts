// How states and numbers are said: in one place, so that three renderings and a drawing say the same.
import type { Freshness, Status } from 'holdfast'
import type { CampaignProgress } from '../app/events.ts'

export const freshnessOrder = [
  'live',
  'polling',
  'catching-up',
  'stale',
  'unknown',
] as const satisfies Freshness[]

/** What each word promises. */
export const freshnessMeaning: Record<Freshness, string> = {
  live: 'pushed, and confirmed on this socket',
  polling: 'no socket; asked for over HTTP',
  'catching-up': 'connected; not yet confirmed',
  stale: 'kept, but nothing has confirmed it lately',
  unknown: 'nothing has arrived yet',
}

export const statusMeaning: Record<Status, string> = {
  idle: 'Nobody needs it, or it was told to rest.',
  connecting: 'Opening for the first time.',
  connected: 'One socket carries every value on this page.',
  reconnecting: 'The socket is gone; the next one is on its way.',
  suspended: 'It failed too often. One probe after the pause decides.',
  failed: 'Stopped for good. Trying again would not help by itself.',
  closed: 'Closed by this page.',
}

export const phaseLabel: Record<CampaignProgress['phase'], string> = {
  domain_generation: 'Generate',
  dns_validation: 'DNS',
  http_validation: 'HTTP',
  analysis: 'Analyse',
}

export const phaseOrder = ['domain_generation', 'dns_validation', 'http_validation', 'analysis'] as const

export function phaseText(campaign: CampaignProgress): string {
  return campaign.status === 'completed' ? 'Completed' : phaseLabel[campaign.phase]
}

/** A share of 100. */
export function percent(progress: number): string {
  return `${Math.floor(progress)} %`
}

const whole = new Intl.NumberFormat('en')

export function count(value: number): string {
  return whole.format(value)
}

/** "0.4 s", "12 s", "3 min". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  return `${Math.round(seconds / 60)} min`
}

export const sourceWord = { push: 'pushed', poll: 'polled', initial: 'built in' } as const
