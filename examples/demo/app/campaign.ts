// What a campaign is, and how it moves on by itself.

/** The phases in their order. */
export const phases = ['domain_generation', 'dns_validation', 'http_validation', 'analysis'] as const

export type Phase = (typeof phases)[number]

/** Everything a client may know of a campaign, well under 1 kB as JSON. It holds no clock: equal means unchanged. */
export interface Campaign {
  readonly id: string
  readonly name: string
  /** How often it has been started. */
  readonly run: number
  readonly status: 'running' | 'completed'
  readonly phase: Phase
  /** Of the current phase, in percent. */
  readonly progress: number
  readonly domains: {
    readonly total: number
    readonly resolved: number
    readonly reachable: number
    readonly leads: number
  }
}

/** Roughly how many seconds a phase takes at pace 1. */
const seconds: Record<Phase, number> = {
  domain_generation: 7,
  dns_validation: 24,
  http_validation: 30,
  analysis: 12,
}

/** How many seconds a completed campaign rests before its next run. */
const rest = 15

const names = ['Atlas', 'Borealis', 'Cinder', 'Delta']

/** The campaigns of a fresh start, at different places of their way so that there is something to see. */
export function freshCampaigns(): Campaign[] {
  return names.map((name, index) => ({
    id: name.toLowerCase(),
    name,
    run: 1,
    status: 'running',
    phase: phases[index] ?? 'analysis',
    progress: 12 + index * 9,
    domains: domainsAt(1200 + index * 850, index, (12 + index * 9) / 100),
  }))
}

/** The campaign after `elapsed` seconds more; the same object if nothing happened. `chance` is in [0, 1). */
export function advance(campaign: Campaign, elapsed: number, chance: number): Campaign {
  if (campaign.status === 'completed') {
    // A completed campaign rests by luck, not by a clock that would have to survive a restart too.
    return chance < elapsed / rest ? restarted(campaign) : campaign
  }
  // Work comes in bursts: a third of the ticks bring nothing, which is what an unchanged state looks like to a client.
  if (chance < 1 / 3) return campaign
  const step = (100 / seconds[campaign.phase]) * elapsed * (chance * 1.8)
  const progress = Math.min(100, Math.round((campaign.progress + step) * 10) / 10)
  const at = phases.indexOf(campaign.phase)
  if (progress < 100)
    return { ...campaign, progress, domains: domainsAt(campaign.domains.total, at, progress / 100) }
  const next = phases[at + 1]
  const domains = domainsAt(campaign.domains.total, at + 1, 0)
  if (next === undefined) return { ...campaign, status: 'completed', progress: 100, domains }
  return { ...campaign, phase: next, progress: 0, domains }
}

function restarted(campaign: Campaign): Campaign {
  const total = 900 + ((campaign.domains.total * 7) % 3200)
  const run = campaign.run + 1
  return {
    ...campaign,
    run,
    status: 'running',
    phase: 'domain_generation',
    progress: 0,
    domains: domainsAt(total, 0, 0),
  }
}

function domainsAt(total: number, phase: number, share: number): Campaign['domains'] {
  const done = (index: number): number => (phase > index ? 1 : phase === index ? share : 0)
  return {
    total,
    resolved: Math.round(total * 0.62 * done(1)),
    reachable: Math.round(total * 0.41 * done(2)),
    leads: Math.round(total * 0.07 * done(3)),
  }
}
