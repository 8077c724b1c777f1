// What must hold of beats, expiry, slow readers, replacing, revoking and draining: who is let go, when, and with which code.
import { closeCode, heard, ordered, type Rule, type SessionEdge } from './edge.ts'
import { toFrame, wallOf } from './world.ts'

/** A timer this late tells of a blocked event loop. */
const BLOCKED = 1_000

/** Ghosts leave after three beats in silence, not earlier; a blocked event loop costs one beat, however long it was. */
function wrongBeat(edge: SessionEdge): string | null {
  const { was, is, setup } = edge
  const timer = heard(edge, 'timer')
  const isBeat = timer?.slot === 'beat' && was.life === 'open'
  const pings = ordered(edge, 'ping').length
  if (!isBeat) return pings > 0 ? 'pings between beats' : null
  const code = closeCode(edge)
  if (is.silent >= 3) return code === 4408 ? null : 'a ghost is kept'
  if (code !== null) return `closed with ${code} after ${is.silent} beats in silence`
  if (pings !== 1) return `${pings} pings in a beat`
  const due = is.timers.beat
  return due === is.now + setup.settings.heartbeat.interval ? null : `the next beat is at ${String(due)}`
}

/** Clients hear of the window when it is another by half, and only then (server: reconnect window). */
function wrongNotice(edge: SessionEdge): string | null {
  const { was, is, move } = edge
  const notices = ordered(edge, 'send')
    .filter(({ channel }) => channel === undefined)
    .map(({ wire }) => toFrame(wire))
    .filter(({ type, auth }) => type === 'rt.notice' && auth === undefined)
  const change = is.window / (was.told ?? is.window)
  const isBeat = move.event?.type === 'timer' && move.event.slot === 'beat' && is.life === 'open'
  const must = isBeat && was.level > 0 && (change > 1.5 || change < 1 / 1.5)
  if (notices.length !== (must ? 1 : 0))
    return `${notices.length} notices of ${was.window} after ${String(was.told)}`
  return must && notices[0]?.reconnect?.window !== is.window ? 'a notice of another window' : null
}

function wrongExpiry(edge: SessionEdge): string | null {
  const { was, is } = edge
  const timer = heard(edge, 'timer')
  if (timer?.slot !== 'expiry') return null
  const { expiresAt = Infinity } = was.user ?? {}
  const code = closeCode(edge)
  if (wallOf(is) >= expiresAt) return code === 4401 ? null : 'stays after its time'
  if (code !== null) return `closed with ${code} before its time`
  return (is.timers.expiry ?? Infinity) - is.now <= expiresAt - wallOf(is) ? null : 'is looked at too late'
}

/** What waits too long, or is too much; but where the event loop was blocked it may have been read. */
function wrongReader(edge: SessionEdge): string | null {
  const { was, setup, effects } = edge
  const code = closeCode(edge)
  const congested = heard(edge, 'congested')
  if (congested && was.life === 'open') {
    if (congested.bytes > setup.settings.limits.bufferedBytes)
      return code === 4429 ? null : 'a slow reader is kept'
    if (code !== null) return `closed with ${code}, and not too much waits`
    const marks = ordered(edge, 'mark').length
    return marks === (was.waits ? 0 : 1) ? null : `${marks} marks for what waits`
  }
  if (heard(edge, 'flushed') && was.life === 'open')
    return effects.every(({ type }) => type === 'disarm') ? null : 'who has read is not left in peace'
  return null
}

/** Deadlines that are met in time end the link; met late they do not, for a second. */
function wrongDeadline(edge: SessionEdge): string | null {
  const timer = heard(edge, 'timer')
  if (timer === null || timer.slot === 'beat' || timer.slot === 'expiry') return null
  const code = closeCode(edge)
  const right = { handshake: 4408, drain: 4429, leave: 1012 }[timer.slot]
  if (timer.late <= BLOCKED) return code === right ? null : `${timer.slot} is met, and it goes on`
  if (timer.slot === 'leave' || code === null) return null
  return `closed with ${code}, and the event loop was blocked`
}

function wrongLeaving(edge: SessionEdge): string | null {
  const { was, is, setup, effects, context } = edge
  const leave = heard(edge, 'leave')
  if (leave === null || was.life === 'over') return null
  const [first] = effects
  const code = closeCode(edge)
  if (was.life !== 'open' || was.level === 0)
    return code === 1012 && effects.length === 1
      ? null
      : `leaves with ${String(code)} and ${effects.length - 1} more`
  const told = first?.type === 'send' && first.channel === undefined ? toFrame(first.wire) : null
  if (told?.type !== 'rt.go_away') return 'is closed without a word'
  if (told.reconnect?.spread !== context.window || told.grace !== leave.grace)
    return 'is told another spread or grace'
  if (leave.grace === 0) return code === 1012 ? null : 'stays without a grace'
  if (code !== null) return `closed with ${code} in its grace`
  return is.timers.leave === is.now + leave.grace
    ? null
    : `is closed at ${String(is.timers.leave)} in ${setup.name}`
}

/** The rules of how links end. */
export const endRules: readonly Rule[] = [
  { rule: 'C1', wrong: wrongBeat },
  { rule: 'G4', wrong: wrongNotice },
  { rule: 'INV-24 S18', wrong: wrongExpiry },
  { rule: 'S11', wrong: wrongReader },
  { rule: 'C3 R6', wrong: wrongDeadline },
  { rule: 'S3 S4', wrong: wrongLeaving },
  {
    rule: 'INV-24',
    wrong(edge) {
      const revoked = heard(edge, 'revoked')
      if (revoked === null || edge.was.life === 'over') return null
      const own = edge.was.life === 'open' && edge.was.user?.id === revoked.userId
      if (!own) return edge.effects.length === 0 ? null : 'somebody else was revoked'
      return closeCode(edge) === 4401 ? null : 'is revoked, and stays'
    },
  },
  {
    rule: 'BB4 S19',
    wrong(edge) {
      if (heard(edge, 'replaced') === null || edge.was.life === 'over') return null
      // A link that was told to go away is being left anyway; 4409 would stop its client for good.
      const ends = edge.was.life === 'open' && !edge.was.leaving
      return (closeCode(edge) === 4409) === ends && edge.effects.length === (ends ? 1 : 0)
        ? null
        : `replaced when ${edge.was.life}${edge.was.leaving ? ' and leaving' : ''}: ${String(closeCode(edge))}`
    },
  },
]
