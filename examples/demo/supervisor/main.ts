// The process that never dies: it serves the page, runs the application server as its child, and does the damage between the two.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createRealtimeServer } from 'holdfast/server'
import { createApplication } from './application.ts'
import type { Damage } from './damage.ts'
import { createDamager } from './damager.ts'
import { freePort, listenNear } from './ports.ts'
import { createWire } from './wire.ts'

/** What start.js built: the page's files by path, and the application server's script. */
export interface Built {
  readonly files: ReadonlyMap<string, { readonly type: string; readonly body: Uint8Array }>
  readonly applicationScript: string
}

/** Starts everything and prints the address. */
export async function supervise({ files, applicationScript }: Built): Promise<void> {
  const port = await freePort()
  const wire = await createWire(port)
  // Outlives the application server, not the demo.
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'))
  const application = createApplication(applicationScript, {
    PORT: String(port),
    STATE_FILE: join(folder, 'state.json'),
  })
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const damager = createDamager(application, wire)

  // The panel's own connection. It must work when everything else does not, so it ends here and not in the application.
  const panel = createRealtimeServer({
    path: '/control',
    origins: (origin, { headers }) =>
      origin === `http://${headers.host}` || origin === `https://${headers.host}`,
    message: async ({ type, data }) => {
      if (type === 'damage') await damager.act(data as Damage)
      tellPanel()
    },
  })
  const tellPanel = (): void => void panel.publishIfChanged('condition', damager.condition())
  application.onChange(tellPanel)

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const file = files.get(path)
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' })
      response.end(file.body)
    } else if (path.startsWith('/api/') || path === '/health') {
      forward(request, response)
    } else {
      response.writeHead(404).end()
    }
  })
  panel.attach(server)

  /** REST: past the damage, or through it, as the visitor chose. */
  function forward(request: IncomingMessage, response: ServerResponse): void {
    const through = damager.condition().scope === 'socket-and-http' ? wire.port : port
    const { method, url, headers } = request
    const upstream = httpRequest({
      port: through,
      host: '127.0.0.1',
      method,
      path: url,
      headers,
      agent: false,
    })
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => {
      if (!response.headersSent) response.writeHead(502)
      response.end()
    })
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  }

  /** The WebSocket: byte for byte through the wire. */
  server.on('upgrade', (request: IncomingMessage, browser, head: Buffer) => {
    if (request.url !== '/ws') return
    const link = connect(wire.port, '127.0.0.1')
    const lines = request.rawHeaders.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`))
    link.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
    link.write(head)
    browser.pipe(link).pipe(browser)
    browser.on('error', () => link.destroy())
    browser.on('close', () => link.destroy())
    link.on('error', () => browser.destroy())
    link.on('close', () => browser.destroy())
    damager.watch(browser)
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit())
  application.start()
  const address = await listenNear(server, process.env['HOST'] ?? '127.0.0.1', process.env['PORT'])
  console.log(`\n  holdfast demo   ${address}\n`)
}
