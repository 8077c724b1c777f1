// Rules of the fault proxy: what they may say, which of them applies, and how often.
import type { ProxyAnswer } from './proxy-head.ts'

/** One way through the proxy. */
export type OneWay = 'toTarget' | 'toClient'

/** What both kinds of rule have in common. */
export interface AnyRule {
  /** Only this connection, counted from 1. @default each */
  readonly connection?: number
  /** How often it applies; then it is over. @default Infinity */
  readonly times?: number
}

/** What becomes of a connection before it is a WebSocket. Holds for connections to come. */
export interface UpgradeRule extends AnyRule {
  /** `all`: also requests that ask for no WebSocket, as a captive portal answers them. @default 'upgrades' */
  readonly requests?: 'upgrades' | 'all'
  /**
   * `refuse`: reset before it is read. `stripUpgrade`: passed on without `Upgrade`, as old relays do. `answer`: this, and
   * the server never hears of it.
   */
  readonly do: 'refuse' | 'stripUpgrade' | { readonly answer: ProxyAnswer }
}

/** A message as a rule writes it: text as it is, anything else as JSON. */
export type ProxyFrame = string | Readonly<Record<string, unknown>>

/**
 * What becomes of the messages of a WebSocket. Holds for all connections.
 *
 * `inject` and `close` without a `type` happen once on each connection, `after` its handshake; for the others, no `type` means any message.
 */
export interface FrameRule extends AnyRule {
  /** Only messages on this way. @default both */
  readonly way?: OneWay
  /** Only messages that are JSON objects with this `type`. @default any */
  readonly type?: string
  /** Not before the WebSocket has been open for so many milliseconds. @default 0 */
  readonly after?: number
  /** What happens. The rule that was made first and fits is the one that acts. */
  readonly do: FrameAction
}

/**
 * - `suppress`: it never arrives. `suppressOnwards`: nor does anything that follows on its way, close frames included.
 * - `delay`: it takes so many milliseconds longer, and all that follows waits behind it.
 * - `duplicate`: it arrives twice.
 * - `replaceWith`: this, or what it makes of the text, arrives instead.
 * - `inject`: this arrives after it, on either way (`toClient` unless `into` says otherwise).
 * - `close`: the client is closed with this code (after what is injected), the server loses its connection without a word.
 */
export type FrameAction =
  | 'suppress'
  | 'suppressOnwards'
  | 'duplicate'
  | { readonly delay: number }
  | { readonly replaceWith: ProxyFrame | ((text: string) => ProxyFrame) }
  | InjectAction
  | CloseAction

/** Something of the proxy's own, and perhaps the end. */
export interface InjectAction extends Partial<CloseAction> {
  readonly inject: ProxyFrame
  /** @default 'toClient' */
  readonly into?: OneWay
}

/** The end, with a close frame. */
export interface CloseAction {
  readonly close: number
  /** At most 123 bytes. @default empty */
  readonly reason?: string
}

/** Everything `rule()` takes. */
export type ProxyRule = UpgradeRule | FrameRule

/** The rules in force. */
export interface Rules {
  readonly isEmpty: boolean
  /** Ends with the function it returns. */
  add(rule: ProxyRule): () => void
  clear(): void
  /** Is this connection refused? Counts. */
  refuses(connection: number): boolean
  /** What becomes of a request. Counts. */
  forRequest(connection: number, isUpgrade: boolean): Exclude<UpgradeRule['do'], 'refuse'> | null
  /** Might a message on this way have to be held? */
  watches(connection: number, way: OneWay): boolean
  /** What becomes of a message that came so many milliseconds after the handshake. Counts. */
  forMessage(connection: number, way: OneWay, type: string | null, age: number): FrameAction | null
  /** Those that wait for nothing but time. Each is to be tried when its time has come. */
  timed(connection: number): readonly FrameRule[]
  /** Is it still in force? Counts. */
  spend(rule: ProxyRule): boolean
}

/** No rules yet. */
export function createRules(): Rules {
  /** Each with how often it may still apply. */
  const left = new Map<ProxyRule, number>()

  const on = (connection: number): ProxyRule[] =>
    [...left.keys()].filter((rule) => rule.connection === undefined || rule.connection === connection)

  const spend = (rule: ProxyRule): boolean => {
    const times = left.get(rule)
    if (times === undefined) return false
    if (times <= 1) left.delete(rule)
    else left.set(rule, times - 1)
    return true
  }

  const take = <R extends ProxyRule>(rule: R | undefined): R['do'] | null =>
    rule !== undefined && spend(rule) ? rule.do : null

  return {
    get isEmpty() {
      return left.size === 0
    },
    add(given) {
      // A copy: the same rule may be made twice, and each of them ends by itself.
      const rule = { ...given }
      const { times = Infinity } = rule
      if (times > 0) left.set(rule, times)
      return () => void left.delete(rule)
    },
    clear: () => left.clear(),
    refuses: (connection) => take(on(connection).find((rule) => rule.do === 'refuse')) !== null,
    forRequest(connection, asksUpgrade) {
      const fits = on(connection).filter(isOfUpgrades)
      const action = take(
        fits.find(({ do: what, requests }) => what !== 'refuse' && (asksUpgrade || requests === 'all')),
      )
      return action === 'refuse' ? null : action
    },
    watches: (connection, way) =>
      on(connection).some((rule) => isOfMessages(rule) && (rule.way === undefined || rule.way === way)),
    forMessage(connection, way, type, age) {
      const fits = on(connection).filter(isOfMessages)
      return take(
        fits.find(
          (rule) =>
            (rule.way === undefined || rule.way === way) &&
            (rule.type === undefined || rule.type === type) &&
            age >= (rule.after ?? 0),
        ),
      )
    },
    timed: (connection) => on(connection).filter(isTimed),
    spend,
  }
}

function isOfUpgrades(rule: ProxyRule): rule is UpgradeRule {
  const { do: what } = rule
  return what === 'refuse' || what === 'stripUpgrade' || (typeof what === 'object' && 'answer' in what)
}

/** It waits for nothing but time. */
function isTimed(rule: ProxyRule): rule is FrameRule {
  const { do: what } = rule
  return (
    !isOfUpgrades(rule) &&
    rule.type === undefined &&
    typeof what === 'object' &&
    ('inject' in what || 'close' in what)
  )
}

function isOfMessages(rule: ProxyRule): rule is FrameRule {
  return !isOfUpgrades(rule) && !isTimed(rule)
}
