// What must hold whenever a frame arrives or a push is to be written: who may say what when, how often, and what it is answered.
import { closeCode, heard, ordered, type Rule, type SessionEdge } from './edge.ts'
import type { Sent } from './moves.ts'
import { isRefused, left, messagesLeft, toFrame, type World } from './world.ts'

/** What a frame is closed for, whenever it comes; null: for nothing. */
function verdict(was: World, { kind, text }: Sent): readonly number[] | null {
  const known = was.life === 'open'
  if (kind === 'binary') return [1003]
  // While it is asked who this is, long ones are not read.
  if (was.life === 'asked' && text!.length > 256) return [4401]
  if (kind === 'no JSON' || kind === 'no frame') return [4400]
  if (kind === 'ready') return was.life === 'new' ? null : [4400, 4409]
  if (kind === 'wrong ready') return was.life === 'new' ? [4400, 4426] : [4400, 4409]
  return known || kind === 'ping' ? null : [4401]
}

/** Too many: told once on level 1, then dropped, then closed; nothing else comes of them (R8). */
function wrongRefusal(edge: SessionEdge): string | null {
  const { was, is, effects, setup } = edge
  const max = setup.settings.limits.messagesPerMinute
  const code = closeCode(edge)
  if (is.refusals > Math.max(10, max / 10)) return code === 4429 ? null : 'a flood goes on'
  if (code !== null) return `closed with ${code} after ${is.refusals} refused`
  const [effect] = effects
  if (effects.length !== 1 || effect === undefined) return 'a refused frame has effects'
  const tells = is.refusals === 1 && was.life === 'open' && was.level > 0
  if (!tells) return effect.type === 'ignored' ? null : `a refused frame ends in ${effect.type}`
  const told = effect.type === 'send' && effect.channel === undefined ? toFrame(effect.wire) : null
  return told?.type === 'rt.error' &&
    told.code === 'rate_limited' &&
    told.retryable === true &&
    Number(told.retry_after) >= 1_000
    ? null
    : 'was not told of its rate'
}

/** Anything but a pong that is due would start a storm (P12, P13). */
function wrongPong({ was, effects, move, is }: SessionEdge): string | null {
  if (was.life !== 'open') return effects.length === 0 ? null : 'a ping is answered too early'
  const rest = left(was.pongs, 10, 1_000, is.now)
  const [effect] = effects
  if (effects.length !== 1 || effect === undefined) return 'a ping has more, or less, than one answer'
  if (isRefused(rest)) return effect.type === 'ignored' ? null : 'more than ten pongs a second'
  if (effect.type !== 'send' || effect.channel !== undefined) return 'a ping is not answered'
  const { type, timestamp } = toFrame(effect.wire)
  return type === 'pong' && timestamp === move.frame?.echo ? null : `a ping is answered ${String(timestamp)}`
}

function wrongMessage(edge: SessionEdge): string | null {
  const [message, ...more] = ordered(edge, 'message')
  const { text, name, data } = edge.move.frame!
  if (edge.effects.length !== 1 || message === undefined || more.length > 0)
    return `${name} does not reach the app`
  const right = data === undefined ? (JSON.parse(text!) as unknown) : data
  return message.name === name && JSON.stringify(message.data) === JSON.stringify(right)
    ? null
    : `${name} reaches the app as ${message.name} ${JSON.stringify(message.data)}`
}

/** What a frame that is within the rate and not against the rules must lead to. */
function wrongAnswer(edge: SessionEdge): string | null {
  const { was, move, effects } = edge
  const code = closeCode(edge)
  if (code !== null) return `closed with ${code} for ${move.frame!.kind} when ${was.life}`
  switch (move.frame!.kind) {
    case 'ready': {
      const kinds = effects.map(({ type }) => type).join()
      return kinds === 'arm,authenticate' ? null : `client_ready ends in ${kinds}`
    }
    case 'ping':
      return wrongPong(edge)
    case 'pong':
      return effects.length === 0 ? null : 'a pong is answered'
    case 'rt':
      if (was.level === 0) return wrongMessage(edge)
      // A request whose answer nobody could recognize.
      if (was.level > 1 && move.frame!.name === 'rt.subscribe') {
        const [told] = ordered(edge, 'send').map(({ wire }) => toFrame(wire))
        return told?.type === 'rt.error' && told.code === 'bad_request'
          ? null
          : 'a request without an id is not refused'
      }
      return effects.length === 1 && effects[0]?.type === 'ignored'
        ? null
        : 'an unknown control frame has effects'
    default:
      return wrongMessage(edge)
  }
}

/** What decides about a frame: the rate, the phase it comes in, or what it is. */
function judge({ was, move, setup }: SessionEdge): 'rate' | 'phase' | 'echo' | 'meaning' | null {
  if (move.frame === undefined || was.life === 'over') return null
  const { kind } = move.frame
  if (kind !== 'binary' && isRefused(messagesLeft({ ...was, now: move.now }, setup.settings))) return 'rate'
  if (verdict(was, move.frame) !== null) return 'phase'
  return kind === 'ping' || kind === 'pong' ? 'echo' : 'meaning'
}

function wrongPhase(edge: SessionEdge): string | null {
  const { was, move, effects } = edge
  const code = closeCode(edge)
  return code !== null && verdict(was, move.frame!)?.includes(code) === true && effects.length === 1
    ? null
    : `${String(code)} for ${move.frame!.kind} when ${was.life}`
}

/** What a session writes of its own accord, and when. Everything else on the wire is a push or an answer. */
const mayWrite: Readonly<Record<string, readonly string[]>> = {
  server_ready: ['authenticated'],
  pong: ['authenticated', 'frame'],
  'rt.error': ['frame'],
  'rt.notice': ['timer'],
  'rt.go_away': ['leave'],
}

/** The rules of what is read and written. */
export const frameRules: readonly Rule[] = [
  { rule: 'R8', wrong: (edge) => (judge(edge) === 'rate' ? wrongRefusal(edge) : null) },
  { rule: 'P1 P2 P3', wrong: (edge) => (judge(edge) === 'phase' ? wrongPhase(edge) : null) },
  { rule: 'P12 P13', wrong: (edge) => (judge(edge) === 'echo' ? wrongAnswer(edge) : null) },
  { rule: 'A1 P14', wrong: (edge) => (judge(edge) === 'meaning' ? wrongAnswer(edge) : null) },
  {
    rule: 'P14',
    wrong(edge) {
      for (const { wire, channel } of ordered(edge, 'send')) {
        if (channel !== undefined) continue
        const { type } = toFrame(wire)
        if (edge.is.level === 0 && type !== 'pong') return `${type} for a plain client`
        if (!mayWrite[type]?.includes(edge.move.event?.type ?? '')) return `writes ${type} unasked`
      }
      return null
    },
  },
  {
    rule: 'C1',
    wrong(edge) {
      const push = heard(edge, 'push')
      const pushes = ordered(edge, 'send').filter(({ channel }) => channel !== undefined)
      if (push === null) return pushes.length === 0 ? null : 'pushes what nobody published'
      if (edge.was.life !== 'open') return edge.effects.length === 0 ? null : 'pushes too early'
      const [sent] = pushes
      return edge.effects.length === 1 && sent?.channel === push.channel && sent.wire === push.wire
        ? null
        : 'a push is not written as it was published'
    },
  },
]
