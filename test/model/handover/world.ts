// The world beside a connection that is handed over: which links and requests there are, kept from events and effects alone.
import type { Context, Effect, Event, Id, Instant, State } from '../../../src/machine/model.ts'
import { isInbound, type Request } from '../world.ts'

/** A link that was neither told to close nor closed. */
export interface Held {
  readonly isOpen: boolean
  readonly openedAt: Instant
  readonly heardAt: Instant
  /** The level it has shown; null until then. */
  readonly level: number | null
  /** When that was. */
  readonly shownAt: Instant
  /** Whatever was asked for on it has been answered. */
  readonly isJoined: boolean
}

/** What there is. */
export interface Beside {
  readonly now: Instant
  readonly links: ReadonlyMap<Id, Held>
  readonly requests: ReadonlyMap<Id, Request['kind']>
  /** The link that delivers: the first one, until another is all there is of it. */
  readonly delivering: Id | null
  readonly lastId: Id
  readonly opens: readonly Instant[]
  /** What `rt.go_away` said on the link that delivers. */
  readonly away: { readonly moveAt: Instant; readonly endAt: Instant } | null
  /** A server refused the credentials, and no new ones were given since. */
  readonly expired: boolean
  /** Most links, and requests, at any moment of the last step. */
  readonly mostLinks: number
  readonly mostRequests: number
  /** What went wrong with the effects of the last step, taken by themselves. */
  readonly wrong: string | null
}

/** Nothing has happened. */
export const nothing: Beside = {
  now: 1_000_000,
  links: new Map(),
  requests: new Map(),
  delivering: null,
  lastId: 0,
  opens: [],
  away: null,
  expired: false,
  mostLinks: 0,
  mostRequests: 0,
  wrong: null,
}

const refusing: readonly string[] = ['refresh', 'policy']

/** What is heard before the machine looks at it: the deadline of a ping is judged by that. */
export function heardAt({ links, now }: Beside, state: State, event: Event): Instant {
  if (!('link' in state)) return -Infinity
  if (isInbound(event) && 'link' in event && event.link === state.link) return now
  return links.get(state.link)?.heardAt ?? -Infinity
}

/** The world after an event and its effects. */
export function follow(
  was: Beside,
  event: Event,
  after: State,
  effects: readonly Effect[],
  { now, random, tuning }: Context,
): Beside {
  const links = new Map(was.links)
  const requests = new Map(was.requests)
  let { lastId, opens, away, expired, delivering } = was
  let wrong: string | null = null
  const change = (id: Id, to: Partial<Held>): void => {
    const held = links.get(id)
    if (held) links.set(id, { ...held, ...to })
  }
  const show = (id: Id, level: number): void => {
    if (links.get(id)?.level === null) change(id, { level, shownAt: now })
  }
  // Another user, or nobody any more.
  if (event.type === 'reset' || event.type === 'close') expired = false
  const isKnown = 'link' in event && links.has(event.link)
  if (isKnown && isInbound(event)) change(event.link, { heardAt: now })
  if (isKnown) {
    if (event.type === 'opened') {
      change(event.link, { isOpen: true, openedAt: now })
      if (tuning.greeting === 'plain') show(event.link, 0)
    }
    if (event.type === 'ready') show(event.link, event.level)
    if (event.type === 'plain') show(event.link, 0)
    if (event.type === 'joined') change(event.link, { isJoined: true })
    if (event.type === 'away' && event.link === delivering && !event.final)
      away ??= { moveAt: now + event.min + random * event.spread, endAt: now + event.grace }
    if (event.type === 'closed') {
      links.delete(event.link)
      if (refusing.includes(event.class) && (event.class === 'refresh' || tuning.hasAuth)) expired = true
    }
  }
  if ('request' in event && requests.has(event.request) && event.type !== 'admitted') {
    if (event.type === 'prepared' && requests.get(event.request) === 'prepare') expired = false
    if (event.type === 'diagnosed' && event.verdict === 'refresh') expired = true
    requests.delete(event.request)
  }
  // A second without a word: what the link has shown is that it is there.
  if (event.type === 'due')
    for (const [id, held] of links)
      if (held.isOpen && held.level === null && now >= held.openedAt + 1_000 && id !== delivering)
        if (after.phase === 'connected' && after.link === id) show(id, 0)

  let mostLinks = links.size
  let mostRequests = requests.size
  const take = (id: Id): void => {
    if (id <= lastId) wrong ??= `id ${id} is given twice`
    lastId = Math.max(lastId, id)
  }
  for (const effect of effects) {
    switch (effect.type) {
      case 'open':
        take(effect.link)
        links.set(effect.link, {
          isOpen: false,
          openedAt: Infinity,
          heardAt: -Infinity,
          level: null,
          shownAt: Infinity,
          isJoined: false,
        })
        opens = [...opens.filter((at) => at > now - 600_000), now]
        break
      case 'drop':
        // A link that closed is let go of, too.
        if (!links.delete(effect.link) && !(event.type === 'closed' && event.link === effect.link))
          wrong ??= `link ${effect.link} is dropped twice`
        break
      case 'diagnose':
      case 'prepare':
      case 'queue':
      case 'renew':
        take(effect.request)
        requests.set(effect.request, effect.type)
        break
      case 'cancel':
        requests.delete(effect.request)
        break
      case 'hello':
      case 'ping':
        if (!links.get(effect.link)?.isOpen)
          wrong ??= `${effect.type} on link ${effect.link}, which is not open`
        break
      case 'report':
    }
    mostLinks = Math.max(mostLinks, links.size)
    mostRequests = Math.max(mostRequests, requests.size)
  }
  if (delivering !== null && !links.has(delivering)) {
    delivering = null
    away = null
  }
  if (after.phase === 'connected' && delivering === null) delivering = after.link
  return {
    now,
    links,
    requests,
    delivering,
    lastId,
    opens,
    away,
    expired,
    mostLinks,
    mostRequests,
    wrong,
  }
}
