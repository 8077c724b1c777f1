// toReport(): what a run of rounds came to, in words.
import { tally } from '../soak/judge.ts'
import { median } from '../soak/slope.ts'
import { hurts, type Hurt, type RoundsRecord } from './run.ts'
import { NOTES, type Note } from './traffic.ts'

export function toReport({ rounds, clients, said, complaints }: RoundsRecord): string {
  const counts = clients.flatMap(({ judges }) =>
    [...judges].map(([channel, judge]) => ({ channel, ...judge.counts })),
  )
  const sum = (name: 'messages' | 'replayed' | 'recovered' | 'refilled' | 'gaps'): number =>
    counts.reduce((total, count) => total + count[name], 0)
  const gapsOf = (channel: string): number =>
    counts.reduce((total, count) => total + (count.channel === channel ? count.gaps : 0), 0)
  const outcomes = clients.flatMap(({ published }) => published.map(({ outcome }) => outcome))
  const words = outcomes.map((outcome) => {
    if (outcome === null) return 'unsettled'
    if (!outcome.ok) return `${outcome.error.code}${outcome.maybeDelivered ? ', maybe delivered' : ''}`
    return outcome.outcome === 'acked' && outcome.duplicate === true ? 'acked as duplicate' : outcome.outcome
  })
  const list = (tallied: Readonly<Record<string, number>>): string =>
    Object.entries(tallied)
      .map(([what, times]) => `${times} ${what}`)
      .join(', ')
  const notes = said(NOTES) as readonly Note[]
  const twice = notes.length - new Set(notes.map(({ client, key }) => `${client} ${key}`)).size
  const times = (hurt: Hurt): string => {
    const settled = rounds.filter((round) => round.hurt === hurt).map((round) => round.settled)
    if (settled.length === 0) return `${hurt}: none`
    return `${hurt}: ${settled.length}, then complete after median ${Math.round(median(settled))} ms, max ${Math.round(Math.max(...settled))} ms`
  }
  const loads = clients
    .flatMap((client) => [...client.loads.values()])
    .reduce((total, count) => total + count, 0)
  const waived = clients.reduce((total, client) => total + client.waived, 0)
  const twofold = rounds.filter(({ again }) => again !== null).length
  const lines = [
    `${rounds.length} rounds with ${clients.length} clients, ${twofold} of them hurt twice (${[...new Set(hurts)].map(times).join('; ')})`,
    `${sum('messages')} messages heard, ${sum('replayed')} of them missed and replayed`,
    `${sum('recovered')} times recovered (${sum('refilled')} with messages), ${sum('gaps')} gaps (${gapsOf('narrow')} on the narrow channel)`,
    `${loads} loads, the first ones included; ${waived} more that a link did not live to begin`,
    `${outcomes.length} publications: ${list(tally(words))}; ${twice} with a second effect in the record`,
    `${complaints.length} wrong`,
    ...complaints.slice(0, 20).map((what) => `  ${what}`),
  ]
  return lines.join('\n')
}
