// What must hold on an open link: its level, its heartbeat, doubt (G2a, G3, INV-17).
import type { State, Tuning } from '../../src/machine/model.ts'
import type { Edge, Invariant } from './edge.ts'
import { isDoubtful, isInbound } from './world.ts'

interface Beat {
  readonly interval: number
  readonly timeout: number
}

/** The heartbeat in force on a connected link. */
function beatOf({ memory: { advice } }: State, { heartbeat }: Tuning): Beat | null {
  if (!heartbeat) return null
  const interval = heartbeat.interval ?? advice?.interval ?? 15_000
  return { interval, timeout: Math.min(interval, heartbeat.timeout ?? advice?.timeout ?? 5_000) }
}

/** Does silence mean that this link is dead? Only where pings are known to be answered. */
function mustAnswer(state: State): boolean {
  return state.memory.answers || (state.phase === 'connected' && (state.level ?? 0) > 0)
}

function wrongLevel({ before, event, after, was, is, context: { now, tuning } }: Edge): string | null {
  if (after.phase !== 'connected') return null
  const { greeting, handshakeTimeout } = tuning
  const required = greeting === 'rt' || (greeting === 'auto' && before.memory.greets)
  if (before.phase !== 'connected') {
    if (required && is.told !== 'ready') return 'connected without the server_ready it requires'
    if (after.level === null && now < was.openedAt + 1_000) return 'connected after too little silence'
  }
  if (after.level === null) return is.told === 'nothing' ? null : `${is.told} was told, and the level is open`
  if (before.phase === 'connected' && before.level && after.level !== before.level) return 'the level changes'
  if (after.level > 0)
    return is.told === 'ready' && is.level === after.level ? null : `level ${after.level} was never told`
  if (greeting === 'plain' || is.told === 'plain' || (before.phase === 'connected' && before.level === 0))
    return null
  return event.type === 'due' && now >= was.openedAt + handshakeTimeout ? null : 'level 0 was never told'
}

function wrongSilence({ after, is, context: { now, tuning } }: Edge): string | null {
  const { heartbeat } = tuning
  const beat = beatOf(after, tuning)
  if (after.phase !== 'connected' || !beat || !heartbeat) return null
  const silent = now - is.silentSince - is.lateness
  if (is.probe !== null && silent > heartbeat.probe && mustAnswer(after))
    return `probed ${silent} ms ago, and kept`
  if (silent <= beat.interval + beat.timeout) return null
  if (mustAnswer(after)) return `silent for ${silent} ms, and kept`
  return after.doubtedAt === null ? `silent for ${silent} ms, and not doubted` : null
}

function wrongEnd({ before, event, after, was, context: { now, tuning } }: Edge): string | null {
  const beat = beatOf(before, tuning)
  if (before.phase !== 'connected' || after.phase === 'connected') return null
  if (event.type !== 'due' || event.slot !== 'pong' || !beat || !tuning.heartbeat) return null
  if (!mustAnswer(before)) return 'left by silence, though pings were never answered'
  const silent = now - Math.max(was.heardAt, was.openedAt)
  return silent < Math.min(beat.timeout, tuning.heartbeat.probe) ? `left after ${silent} ms of silence` : null
}

function wrongDoubt({
  before,
  event,
  after,
  effects,
  was,
  is,
  context: { now, tuning },
}: Edge): string | null {
  if (before.phase !== 'connected' || after.phase !== 'connected' || !tuning.heartbeat) return null
  if (isDoubtful(event)) {
    const pings = effects.some(({ type }) => type === 'ping')
    // In a hidden tab every timer is late: a probe that has come due there had its time.
    const judged = before.memory.hidden && was.probe !== null && (before.timers.pong ?? Infinity) <= now
    const again = event.type === 'woke' && (event.slept || !judged)
    if (!pings && (was.probe === null || again)) return 'not probed'
    if (event.type === 'woke' && event.slept && after.doubtedAt === null) return 'slept, and not doubted'
  }
  const { doubtedAt } = before
  if (doubtedAt === null || after.doubtedAt !== null) return null
  // Where pings are not answered, any sign of life must do.
  if (!before.memory.answers && isInbound(event)) return null
  // Where something arrives and pongs do not, the probe's deadline settles it.
  if (event.type === 'due' && event.slot === 'pong' && is.heardAt >= before.askedAt) return null
  const answered =
    event.type === 'pong' && before.pings.find(({ timestamp }) => timestamp === event.timestamp)
  return answered && answered.sentAt >= doubtedAt && is.heardAt >= doubtedAt
    ? null
    : 'trusted again without proof'
}

function wrongPing({ before, event, after, effects, was, context: { now, tuning } }: Edge): string | null {
  const pings = effects.filter(({ type }) => type === 'ping').length
  const beat = beatOf(after, tuning)
  if (pings > 0) {
    if (!beat) return 'a ping without a heartbeat'
    if (pings > 1) return `${pings} pings at once`
    if (event.type === 'due') {
      if (now - was.pingedAt < beat.interval) return `a ping ${now - was.pingedAt} ms after the last`
    } else if (isDoubtful(event)) {
      if (was.probe !== null && event.type !== 'woke') return 'a second probe'
    } else if (event.type !== 'opened') return `a ping on ${event.type}`
  }
  if (event.type === 'opened' && before.phase === 'opening') {
    const [first, second] = effects
    if (first?.type !== 'hello' || (beat && second?.type !== 'ping'))
      return 'client_ready and a ping do not leave together'
  }
  if (after.phase !== 'connected' || !beat) return null
  const due =
    (after.timers.ping ?? Infinity) - Math.max(now, (pings > 0 ? now : was.pingedAt) + beat.interval)
  return due > 0 ? `the next ping is ${due} ms too late` : null
}

/** The rules of an open link. */
export const linkInvariants: readonly Invariant[] = [
  { rule: 'G2a', wrong: wrongLevel },
  { rule: 'G3', wrong: wrongSilence },
  { rule: 'G3', wrong: wrongEnd },
  { rule: 'G3 BB7', wrong: wrongDoubt },
  { rule: 'INV-17 G3', wrong: wrongPing },
  {
    rule: 'G2a G10b',
    wrong({ before, event, after }) {
      if (before.phase !== 'opening' || event.type !== 'opened') return null
      return after.phase === 'handshaking' || after.phase === 'connected'
        ? null
        : 'opened, and not shaking hands'
    },
  },
]
