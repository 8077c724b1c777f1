// One channel, one client, a network that loses, and a server that forgets: both real subscription machines, and a log as the judge.
import type { SubscriptionEffect } from '../../../src/channels/subscription.ts'
import {
  initialSubscription,
  subscriptionStep,
  type Subscription,
} from '../../../src/channels/subscription.ts'
import { requests, toChannelFrame } from '../../../src/protocol/channels.ts'
import { parseFrame, type Frame } from '../../../src/protocol/frames.ts'
import type { Publication } from '../../../src/server/broker.ts'
import type * as Session from '../../../src/server/session/model.ts'
import { checked, joined, published } from '../../../src/server/session/subscription.ts'

/** What may go wrong on the way; each is the chance of it at a moment when it could. */
export interface Chances {
  /** The link is cut, with all that is under way. */
  readonly cut: number
  /** A message for the client is lost, or comes twice, on a link that lives. */
  readonly lose: number
  readonly repeat: number
  /** The broker does not tell this server of a message. */
  readonly miss: number
  /** The history begins anew. */
  readonly restart: number
}

/** How many messages the log keeps. */
export const KEPT = 20

/** What the client was told, in order. */
export type Told =
  | { readonly what: 'message'; readonly epoch: string; readonly offset: number; readonly data: unknown }
  | { readonly what: 'up'; readonly recovered: boolean; readonly top: number; readonly epoch: string }
  | { readonly what: 'down' }

/** A run of the world: `step()` does one thing by chance; `heal()` ends the faults and lets everything arrive. */
export interface RecoveryWorld {
  readonly told: readonly Told[]
  /** How often each thing was seen: a run that never sees one proves nothing about it. */
  readonly seen: ReadonlyMap<string, number>
  readonly top: { readonly epoch: string; readonly offset: number }
  readonly client: Subscription
  step(): void
  heal(): void
}

/** A world in which nothing was said yet. */
export function createRecoveryWorld(random: () => number, chances: Chances): RecoveryWorld {
  const told: Told[] = []
  const seen = new Map<string, number>()
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  let healed = false
  let now = 0
  let refs = 0
  let epochs = 1
  let epoch = 'e1'
  let items: Publication[] = []
  let offset = 0
  let client = initialSubscription
  /** The server's end of the link, null where there is no link; what it reads is read some time after it was asked for. */
  let server: { subscription: Session.Subscription | null; reading: string | null } | null = null
  let toServer: string[] = []
  let toClient: string[] = []

  const chance = (of: keyof Chances): boolean => {
    const is = !healed && random() < chances[of]
    if (is) count(of)
    return is
  }

  const send = (effects: readonly Session.SessionEffect[]): void => {
    for (const effect of effects) if (effect.type === 'send') toClient.push(effect.wire as string)
  }

  const hear = (event: Parameters<typeof subscriptionStep>[1]): void => {
    const context = { now, random: random(), nextRef: `s${++refs}`, timeout: 10_000 }
    const [next, effects] = subscriptionStep(client, event, context)
    client = next
    for (const effect of effects) take(effect)
  }

  const take = (effect: SubscriptionEffect): void => {
    if (effect.type === 'subscribe') toServer.push(requests.subscribe(effect.ref, 'c', effect.since, 0))
    if (effect.type === 'down') told.push({ what: 'down' })
    const deliveries =
      effect.type === 'deliver' ? [effect.delivery] : effect.type === 'up' ? effect.items : []
    for (const { data, position } of deliveries)
      told.push({ what: 'message', data, epoch: position?.epoch ?? '', offset: position?.offset ?? -1 })
    if (effect.type !== 'up') return
    const at = client.position
    told.push({ what: 'up', recovered: effect.recovered, top: at?.offset ?? -1, epoch: at?.epoch ?? '' })
    count(
      effect.recovered
        ? effect.items.length > 0
          ? 'recovered with replay'
          : 'recovered at the top'
        : 'not recovered',
    )
  }

  const publish = (): void => {
    offset++
    const publication: Publication = {
      epoch,
      offset,
      prev: offset - 1,
      data: JSON.stringify(`${epoch}:${offset}`),
    }
    items = [...items, publication].slice(-KEPT)
    if (!server?.subscription || chance('miss')) return
    const [next, effects] = published('c', server.subscription, publication)
    server.subscription = next
    send(effects)
  }

  const serve = (frame: Frame): void => {
    if (!server || frame.type !== 'rt.subscribe') return
    const since = (frame.since as { epoch: string; offset: number } | undefined) ?? null
    server.subscription = { ref: frame.id as string, since, position: null, early: [], behind: null }
    server.reading = frame.id as string
  }

  const read = (): void => {
    if (!server?.subscription || server.reading !== server.subscription.ref) return
    const { since } = server.subscription
    const isOurs = since !== null && since.epoch === epoch && since.offset <= offset
    const later = isOurs ? items.filter((item) => item.offset > since.offset) : []
    const complete = since === null || (isOurs && later.length === offset - since.offset)
    const past = { top: { epoch, offset }, items: complete ? later : [], complete }
    const [next, effects] = joined('c', server.subscription, past, null)
    server.subscription = next
    server.reading = null
    send(effects)
  }

  const link = (isUp: boolean): void => {
    server = isUp ? { subscription: null, reading: null } : null
    toServer = []
    toClient = []
    hear({ type: 'link', isUp })
  }

  const deliver = (): void => {
    const text = toClient.shift()
    if (text === undefined) return
    // A relay may lose or repeat a message; what the server itself says on a link comes, or the link ends.
    const isMessage = text.startsWith('{"type":"rt.message"')
    if (isMessage && chance('lose')) return
    for (let times = isMessage && chance('repeat') ? 2 : 1; times > 0; times--) {
      const frame = toChannelFrame(parseFrame(text) as Frame)
      if (frame && frame.kind !== 'acked') hear({ type: 'frame', frame })
    }
  }

  const look = (): void => {
    if (!server?.subscription) return
    const [next, effects] = checked('c', server.subscription, { epoch, offset })
    server.subscription = next
    send(effects)
  }

  const serveNext = (): void => {
    const text = toServer.shift()
    if (text !== undefined) serve(parseFrame(text) as Frame)
  }
  const rise = (): void => {
    if (server === null) link(true)
  }
  const fall = (): void => {
    if (server !== null && chance('cut')) link(false)
  }
  const wait = (): void => {
    now += random() * 12_000
    hear({ type: 'due' })
  }

  const moves: ReadonlyArray<readonly [weight: number, move: () => void]> = [
    [4, publish],
    [6, deliver],
    [3, serveNext],
    [3, read],
    [1, look],
    [1, rise],
    [1, fall],
    [1, wait],
    [
      1,
      () => {
        if (!chance('restart')) return
        epoch = `e${++epochs}`
        offset = 0
        items = []
        link(false)
      },
    ],
  ]
  const total = moves.reduce((sum, [weight]) => sum + weight, 0)

  return {
    told,
    seen,
    get top() {
      return { epoch, offset }
    },
    get client() {
      return client
    },
    step() {
      let at = random() * total
      for (const [weight, move] of moves) {
        at -= weight
        if (at < 0) {
          move()
          return
        }
      }
    },
    heal() {
      healed = true
      if (server === null) link(true)
      // What was lost at the very end shows with what is said next.
      publish()
      for (let n = 0; n < 12; n++) {
        now += 31_000
        hear({ type: 'due' })
        while (toServer.length > 0) serve(parseFrame(toServer.shift() ?? '') as Frame)
        read()
        while (toClient.length > 0) deliver()
        look()
      }
    },
  }
}
