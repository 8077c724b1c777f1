// createServer(): the links of one process, how they come and how they go.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { createAttempt, PATIENCE } from './attempt.ts'
import { createChannels } from './channels.ts'
import { toRequest } from './http.ts'
import { createHub, type Verdict } from './hub.ts'
import { createLink, type Link, type LinkHost, type SharedEffect } from './link.ts'
import { isUser, resolveServerOptions, type Action, type ServerOptions } from './options.ts'
import { createPosts } from './posts.ts'
import type { RealtimeServer, ServerStats } from './realtime-server.ts'
import type { Level, User } from './session/model.ts'
import { isAllowedOrigin, listenForUpgrades, refuse, toAddress, toWebSocketOptions } from './upgrade.ts'

const DAY = 86_400_000
/** Whose a link is where nobody is asked. */
const nobody: User = { id: '' }

/** An open link: whose it is, and of which of his clients; null where the client gave no id. */
interface Member {
  readonly user: User
  readonly client: string | null
  readonly level: Level
}

/** Makes a server. Throws a TypeError that names a wrong option. */
export function createServer(given: ServerOptions = {}): RealtimeServer {
  const options = resolveServerOptions(given)
  const { authenticate, authorize, broker, limits, message } = options
  const { clock, random } = options.runtime
  const { attempt, report } = createAttempt(options)
  const webSockets = new WebSocketServer(toWebSocketOptions(options))
  const links = new Set<Link>()
  /** Links that did not say client_ready yet, and the requests that may tell whose they are. */
  const strangers = new Map<Link, IncomingMessage>()
  const members = new Map<Link, Member>()
  /** The newest link of each client; how many links a user and an address have. */
  const clients = new Map<string, Link>()
  const users = new Map<string, number>()
  const addresses = new Map<string, number>()
  const detaches = new Set<() => void>()
  let sockets = 0
  let closing: Promise<void> | null = null
  let emptied = (): void => undefined
  /** How many links there were when the server began to drain: they will all be back. */
  let drained = 0

  const toWindow = (): number =>
    Math.max(500, Math.round((1_200 * Math.max(links.size, drained)) / options.acceptRate))

  const patience = Math.min(PATIENCE, options.handshakeTimeout)
  const may = (user: User, action: Action, channel: string): Verdict | Promise<Verdict> => {
    if (authorize === undefined) return action === 'subscribe'
    const what = `authorize for ${JSON.stringify(channel)}`
    try {
      const answer: unknown = authorize(user, action, channel)
      if (!(answer instanceof Promise)) return answer === true
      return attempt<Verdict>(what, async () => (await answer) === true, 'failed', patience)
    } catch (error) {
      report(`${what} failed.`, error)
      return 'failed'
    }
  }
  const mayRead = (user: User, channel: string): boolean | Promise<boolean> => {
    const verdict = may(user, 'subscribe', channel)
    return verdict instanceof Promise ? verdict.then((answer) => answer === true) : verdict === true
  }
  const channels = createChannels({
    options,
    members,
    attempt,
    mayRead,
    subscribers: (channel) => hub.count(channel),
  })
  const hub = createHub({
    options,
    broker,
    attempt,
    mayRead: (user, channel) => may(user, 'subscribe', channel),
    userOf: (link) => members.get(link)?.user,
    stateOf: channels.stateOf,
    report,
  })
  const post = createPosts({
    clock,
    members,
    publish: channels.publish,
    answered: hub.answered,
    mayPublish: (user, channel) => may(user, 'publish', channel),
    report,
  })

  const identify = (request: () => Request, auth: unknown): Promise<User | null | 'failed'> => {
    const ask = async (): Promise<User | null> => {
      const answer: unknown = authenticate ? await authenticate({ request: request(), auth }) : nobody
      if (answer === null || isUser(answer)) return answer
      throw new TypeError('it gave neither a user with an id nor null')
    }
    return attempt<User | null | 'failed'>('authenticate', ask, 'failed')
  }

  const meet = (link: Link, { auth, client }: Extract<SharedEffect, { type: 'authenticate' }>): void => {
    const request = strangers.get(link)
    strangers.delete(link)
    if (authenticate === undefined) link.dispatch({ type: 'authenticated', user: nobody, others: 0 })
    else if (request !== undefined) {
      void identify(() => toRequest(request), auth).then((user) => {
        const others = user === null || user === 'failed' ? 0 : othersOf(user, client)
        link.dispatch({ type: 'authenticated', user, others })
      })
    }
  }

  /** An app message; with an id, it is answered. */
  const hear = async (
    link: Link,
    { user, name: type, data, id }: Extract<SharedEffect, { type: 'message' }>,
  ): Promise<void> => {
    const run = async (): Promise<object> => ({ data: await message?.({ user, type, data }) })
    const ack = message && (await attempt<object | null>(`message "${type}"`, run, null))
    if (id === null) return
    if (ack) link.dispatch({ type: 'answered', id, ack })
    else
      link.dispatch({
        type: 'failed',
        id,
        code: 'rejected',
        message: 'There is no answer.',
        retryable: false,
      })
  }

  /** The link has new credentials. */
  const renew = (link: Link, user: User): void => {
    const member = members.get(link)
    if (member) members.set(link, { ...member, user })
    hub.renewed(link)
  }

  const othersOf = (user: User, client: string | null): number =>
    (users.get(user.id) ?? 0) - Number(clients.has(toKey(user, client)))

  const join = (link: Link, member: Member): void => {
    const { user, client } = member
    members.set(link, member)
    count(users, user.id, 1)
    const older = clients.get(toKey(user, client))
    if (client !== null) clients.set(toKey(user, client), link)
    older?.dispatch({ type: 'replaced' })
    if (member.level < 2) channels.greet(link, user)
  }

  const left = (link: Link): void => {
    const member = members.get(link)
    links.delete(link)
    strangers.delete(link)
    hub.left(link)
    if (member === undefined) return
    const { user, client } = member
    members.delete(link)
    count(users, user.id, -1)
    // An older link that ends late must not touch the one that replaced it.
    if (clients.get(toKey(user, client)) === link) clients.delete(toKey(user, client))
  }

  const host: LinkHost = {
    clock,
    settings: options,
    ack: broker.ack,
    window: toWindow,
    left,
    run(link, effect): void {
      switch (effect.type) {
        case 'authenticate':
          return meet(link, effect)
        case 'renew':
          return void identify(() => new Request('http://localhost/'), effect.auth).then((user) =>
            link.dispatch({ type: 'renewed', id: effect.id, user }),
          )
        case 'renewed':
          return renew(link, effect.user)
        case 'opened':
          return join(link, effect)
        case 'message':
          return void hear(link, effect)
        case 'publish':
          return post(link, effect)
        case 'subscribe':
          return hub.subscribe(link, effect)
        case 'quit':
          return hub.quit(link, effect.channel)
      }
    },
  }

  const track = (webSocket: WebSocket, address: string): void => {
    sockets += 1
    count(addresses, address, 1)
    webSocket.once('close', () => {
      sockets -= 1
      count(addresses, address, -1)
      if (sockets === 0) emptied()
    })
  }

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const address = toAddress(request, options.trustedProxies)
    if (closing !== null || sockets >= limits.connections) return refuse(socket, 503)
    if ((addresses.get(address) ?? 0) >= limits.connectionsPerIp) return refuse(socket, 429)
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      track(webSocket, address)
      const id = `s_${(random() * 2 ** 53).toString(36)}`
      const { origin } = request.headers
      const isAllowed = isAllowedOrigin(request, options.origins)
      if (!isAllowed)
        report('A page was refused: its origin is not in the option origins.', { origin }, 'warn')
      const link = createLink(webSocket, id, isAllowed, host)
      if (!isAllowed) return
      links.add(link)
      strangers.set(link, request)
    })
  }

  const toStats = (): ServerStats => ({
    connections: [...members.keys()].map((link) => link.stats()),
    sockets,
    window: toWindow(),
  })

  const toStatsStatus = async (request: Request): Promise<number> => {
    const user = authenticate === undefined ? null : await identify(() => request, null)
    if (user === null || user === 'failed') return user === null ? 401 : 500
    return (await may(user, 'stats', '')) === true ? 200 : 403
  }

  const drain = async (over: number): Promise<void> => {
    const going = [...links]
    // Clients go half a second to a window later, and need a moment to arrive elsewhere.
    const grace = Math.min(Math.max(5_000, 500 + toWindow() + 1_000), over / 2)
    drained = going.length
    going.forEach((link, index) => {
      const leave = (): void => link.dispatch({ type: 'leave', grace })
      if (over === 0) leave()
      else clock.setTimeout(leave, ((over - grace) * index) / going.length)
    })
    // A socket that does not answer its close is cut (closeTimeout), so this ends.
    if (sockets > 0) await new Promise<void>((resolve) => (emptied = resolve))
    channels.close()
    hub.close()
    for (const detach of detaches) detach()
  }

  return {
    attach(server) {
      const detach = listenForUpgrades(server, options.path, accept)
      detaches.add(detach)
      return detach
    },
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname !== '/health' && pathname !== '/api/ws/stats') return undefined
      const answer = (status: number, body: unknown): Response =>
        Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
      if (!['GET', 'HEAD'].includes(request.method)) return answer(405, { error: 'only GET' })
      const health = closing === null ? 'ok' : 'closing'
      if (pathname === '/health') return answer(closing === null ? 200 : 503, { status: health })
      const status = await toStatsStatus(request)
      return answer(status, status === 200 ? toStats() : { error: 'no statistics for you' })
    },
    publish: (channel, data, { id } = {}) => channels.publish(channel, data, id),
    publishIfChanged: channels.publishIfChanged,
    watch: channels.watch,
    revoke(userId) {
      for (const link of links) link.dispatch({ type: 'revoked', userId })
      return Promise.resolve()
    },
    stats: toStats,
    close({ drain: over = 0 } = {}) {
      if (!(over >= 0 && over <= DAY)) throw new TypeError(`close: drain must be a number from 0 to ${DAY}.`)
      return (closing ??= drain(over))
    },
  }
}

/** A client's id has no line break, so no pair can pose as another. */
function toKey(user: User, client: string | null): string {
  return `${client ?? ''}\n${user.id}`
}

function count(counts: Map<string, number>, name: string, change: number): void {
  const next = (counts.get(name) ?? 0) + change
  if (next === 0) counts.delete(name)
  else counts.set(name, next)
}
