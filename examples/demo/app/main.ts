// The application server: a campaign engine, REST for its state, and the same state pushed over one WebSocket.
// It runs as a process of its own, so that the page's buttons can kill it, freeze it and start it again.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'holdfast/server'
import type { Campaign } from './campaign.ts'
import { createEngine } from './engine.ts'
import { events, type SystemNotification } from './events.ts'
import { createStore } from './store.ts'

const { PORT, STATE_FILE = '', PACE = '1' } = process.env
const startedAt = Date.now()

// One demo user, one token at a time. "Expire the token" raises the number, and what was handed out before is worth nothing.
const tokens = createStore<number>(`${STATE_FILE}.token`)
let token = tokens.read() ?? 1

const realtime = createServer({
  events,
  authenticate: async ({ auth }) => (tokenOf(auth) === `demo-token-${token}` ? { id: 'visitor' } : null),
  // Only the page this server is reached through may open a socket.
  origins: (origin, { headers }) =>
    origin === `http://${headers.host}` || origin === `https://${headers.host}`,
})

const engine = createEngine({ file: STATE_FILE, pace: Number(PACE) })
let notification: SystemNotification = engine.resumed
  ? { level: 'warning', text: 'A new server process. Every campaign went on where the last one left it.' }
  : { level: 'info', text: 'The engine has started.' }

// Nothing below waits for a client: publish returns at once whether anybody is connected or not.
const publishCampaign = (campaign: Campaign): void =>
  quietly(realtime.publishIfChanged(`campaign_progress:${campaign.id}`, campaign))
const notify = (next: SystemNotification): void => {
  notification = next
  quietly(realtime.publishIfChanged('system_notification', next))
}
quietly(realtime.publishIfChanged('campaigns', campaignList()))
engine.list().forEach(publishCampaign)
notify(notification)
engine.start({
  progress: publishCampaign,
  transition: (transition) => quietly(realtime.publish('phase_transition', transition)),
})

/** The same state by HTTP: what a page loads first, and polls while it has no socket. */
const http = createHttpServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'POST' && pathname === '/api/session')
    return answer(response, 200, { token: `demo-token-${token}` })
  if (pathname === '/api/campaigns') return answer(response, 200, campaignList())
  if (pathname === '/api/notification') return answer(response, 200, notification)
  const campaign = engine.one(/^\/api\/campaigns\/(\w+)$/.exec(pathname)?.[1] ?? '')
  if (campaign !== undefined) return answer(response, 200, campaign)
  void realtimeAnswer(request, response)
})
realtime.attach(http)
http.listen(Number(PORT), '127.0.0.1', () => process.send?.({ listening: Date.now() - startedAt }))

// What the supervising process asks for, on behalf of the buttons.
process.on('message', (message: { do?: string }) => {
  if (message.do === 'expire-token') expireToken()
  if (message.do === 'drain') void drain()
  if (message.do === 'repeat') repeat(75)
})
process.on('disconnect', () => {
  process.exit()
})

function expireToken(): void {
  token += 1
  tokens.write(token)
  quietly(realtime.revoke('visitor'))
}

/** A deploy: every client is told to go, spread over two seconds, then the process ends. */
async function drain(): Promise<void> {
  await realtime.close({ drain: 2_000 })
  process.exit()
}

/** The state as it is, published again and again: what a chatty server does, and what must cost a page nothing. */
function repeat(times: number): void {
  for (let time = 0; time < times; time += 1) {
    for (const campaign of engine.list())
      quietly(realtime.publish(`campaign_progress:${campaign.id}`, campaign))
  }
}

function campaignList(): { id: string; name: string }[] {
  return engine.list().map(({ id, name }) => ({ id, name }))
}

async function realtimeAnswer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // /health and /api/ws/stats belong to the realtime server.
  const found = await realtime.fetch(new Request(new URL(request.url ?? '/', 'http://localhost')))
  if (found === undefined) answer(response, 404, { error: 'There is nothing here.' })
  else answer(response, found.status, await found.json())
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function tokenOf(auth: unknown): unknown {
  return typeof auth === 'object' && auth !== null && 'token' in auth ? auth.token : undefined
}

function quietly(published: Promise<unknown>): void {
  published.catch((error: unknown) => console.error(error))
}
