// What is said on one connection through the fault proxy: a request, an answer, then messages, each under the rules in force.
import { encodeClose, encodeFrame } from './proxy-frames.ts'
import { encodeAnswer, endOfHead, isSwitching, isUpgrade, withoutHeaders } from './proxy-head.ts'
import { createMessages, type Messages, type ProxyMessage, type Verdict } from './proxy-messages.ts'
import type {
  CloseAction,
  FrameAction,
  FrameRule,
  InjectAction,
  OneWay,
  ProxyFrame,
  Rules,
} from './proxy-rules.ts'

/** What a rule did. */
export type RuleEvent =
  | 'stripped'
  | 'answered'
  | 'suppressed'
  | 'delayed'
  | 'duplicated'
  | 'replaced'
  | 'injected'
  | 'closing'
  | 'unreadable'

/** What a conversation asks of its connection. */
export interface ConversationHost {
  readonly id: number
  readonly rules: Rules
  put(way: OneWay, bytes: Buffer, later?: number): void
  /** The client gets what is under way, then FIN; the target is left at once. */
  leave(): void
  note(what: RuleEvent, type: string | null): void
}

/** Bytes come in here, and go on by `put`. */
export interface Conversation {
  read(way: OneWay, bytes: Buffer): void
  /** Nothing more comes on this way: what is held goes on. */
  flush(way: OneWay): void
  /** Arms rules that wait for nothing but time; those that are new. */
  arm(): void
  end(): void
}

/** Before the first byte. What is not HTTP, or does not become a WebSocket, passes untouched. */
export function createConversation({ id, rules, put, leave, note }: ConversationHost): Conversation {
  let phase: 'request' | 'answer' | 'messages' | 'opaque' | 'over' = 'request'
  let head = Buffer.alloc(0)
  /** The request waits until it is there in full: a rule may change it. */
  const isHolding = !rules.isEmpty
  let openedAt = 0
  /** With the timers of those whose time has not come. */
  const armed = new Map<FrameRule, NodeJS.Timeout | undefined>()

  const onWay = (way: OneWay): Messages =>
    createMessages({
      isWatching: () => rules.watches(id, way),
      judge: (message) => judge(way, message),
      put(bytes, later) {
        if (phase !== 'over') put(way, bytes, later)
      },
    })
  const messages: Record<OneWay, Messages> = { toTarget: onWay('toTarget'), toClient: onWay('toClient') }

  const request = (bytes: Buffer): void => {
    head = Buffer.concat([head, bytes])
    const end = endOfHead(head)
    if (!isHolding) put('toTarget', bytes)
    if (end === 'none') {
      phase = 'opaque'
      if (isHolding) put('toTarget', head)
    } else if (end !== null) {
      const whole = head.subarray(0, end)
      const rest = head.subarray(end)
      head = Buffer.alloc(0)
      answer(whole, rest)
    }
  }

  const answer = (whole: Buffer, rest: Buffer): void => {
    const asksUpgrade = isUpgrade(whole)
    const action = isHolding ? rules.forRequest(id, asksUpgrade) : null
    phase = asksUpgrade && action === null ? 'answer' : 'opaque'
    if (action !== null && action !== 'stripUpgrade') {
      note('answered', null)
      put('toClient', encodeAnswer(action.answer))
      phase = 'over'
      return leave()
    }
    if (action === 'stripUpgrade') note('stripped', null)
    if (!isHolding) return
    // Without extensions no message is compressed, and rules can read all of them.
    const names = action === 'stripUpgrade' ? ['upgrade', 'connection'] : ['sec-websocket-extensions']
    put('toTarget', asksUpgrade ? withoutHeaders(whole, names) : whole)
    if (phase === 'answer') messages.toTarget.read(rest)
    else put('toTarget', rest)
  }

  const answered = (bytes: Buffer): void => {
    const before = head.length
    head = Buffer.concat([head, bytes])
    const end = endOfHead(head)
    if (end === null) return put('toClient', bytes)
    const isOpen = end !== 'none' && isSwitching(head)
    phase = isOpen ? 'messages' : 'opaque'
    if (!isOpen) return put('toClient', bytes)
    put('toClient', bytes.subarray(0, end - before))
    openedAt = performance.now()
    arm()
    read('toClient', bytes.subarray(end - before))
  }

  const read = (way: OneWay, bytes: Buffer): void => {
    if (phase === 'over' || bytes.length === 0) return
    if (phase === 'opaque') put(way, bytes)
    else if (phase === 'request' && way === 'toTarget') request(bytes)
    else if (phase === 'answer' && way === 'toClient') answered(bytes)
    // Frames that come before the answer to the upgrade.
    else if (phase !== 'request' && (phase === 'messages' || way === 'toTarget')) messages[way].read(bytes)
    else put(way, bytes)
  }

  const arm = (): void => {
    if (phase !== 'messages') return
    for (const rule of rules.timed(id)) {
      if (armed.has(rule)) continue
      const wait = openedAt + (rule.after ?? 0) - performance.now()
      const act = (): void => {
        if (phase === 'messages' && rules.spend(rule)) intervene(rule.do as InjectAction | CloseAction, null)
      }
      armed.set(rule, wait > 0 ? setTimeout(act, Math.ceil(wait)) : undefined)
      if (wait <= 0) act()
    }
  }

  const judge = (way: OneWay, message: ProxyMessage): Verdict => {
    if (phase === 'over') return 'drop'
    if (message.text === null) note('unreadable', null)
    const type = message.isText && message.text !== null ? typeOf(message.text) : null
    const action = rules.forMessage(id, way, type, openedAt === 0 ? 0 : performance.now() - openedAt)
    return action === null ? 'pass' : decide(way, action, type, message.text ?? '')
  }

  const decide = (way: OneWay, action: FrameAction, type: string | null, text: string): Verdict => {
    if (action === 'suppress' || action === 'suppressOnwards') {
      note('suppressed', type)
      return action === 'suppress' ? 'drop' : 'drop-onwards'
    }
    if (action === 'duplicate') {
      note('duplicated', type)
      return 'repeat'
    }
    if ('delay' in action) {
      note('delayed', type)
      return { later: action.delay }
    }
    if ('replaceWith' in action) {
      note('replaced', type)
      const { replaceWith } = action
      return { instead: encode(typeof replaceWith === 'function' ? replaceWith(text) : replaceWith, way) }
    }
    return { then: () => intervene(action, type) }
  }

  const intervene = (action: InjectAction | CloseAction, type: string | null): void => {
    if ('inject' in action) insert(action.inject, action.into ?? 'toClient', type)
    const { close, reason = '' } = action
    if (close === undefined) return
    messages.toClient.between(() => {
      if (phase === 'over') return
      note('closing', type)
      put('toClient', encodeClose(close, reason, false))
      phase = 'over'
      leave()
    })
  }

  const insert = (frame: ProxyFrame, way: OneWay, type: string | null): void =>
    messages[way].between(() => {
      if (phase === 'over') return
      note('injected', type)
      put(way, encode(frame, way))
    })

  return {
    read,
    flush(way) {
      if (phase === 'request' && way === 'toTarget' && isHolding) put(way, head)
      if (phase === 'answer' || phase === 'messages') messages[way].flush()
    },
    arm,
    end() {
      phase = 'over'
      for (const timer of armed.values()) clearTimeout(timer)
    },
  }
}

/** The `type` of a JSON object, where it has one. */
function typeOf(text: string): string | null {
  try {
    const { type } = JSON.parse(text) as { readonly type?: unknown }
    return typeof type === 'string' ? type : null
  } catch {
    return null
  }
}

function encode(frame: ProxyFrame, way: OneWay): Buffer {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame)
  return encodeFrame(1, Buffer.from(text), way === 'toTarget')
}
