// What the servers of the examples have in common: their page, their REST answers and their socket, on one port.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { toNodeListener, type RealtimeServer } from 'holdfast/server'

const files = new Map([
  ['/', ['index.html', 'text/html']],
  ['/page.js', ['page.js', 'text/javascript']],
  ['/style.css', ['style.css', 'text/css']],
])
const fresh = { headers: { 'cache-control': 'no-store' } }

/** Only the page that came from here may open a socket. */
export function isOwnPage(origin: string | undefined, { headers }: IncomingMessage): boolean {
  return origin?.replace(/^https?:\/\//, '') === headers.host
}

/** `api` answers requests with what becomes JSON; undefined: there is no such thing. */
export function serve(live: RealtimeServer, api?: (request: Request) => unknown): void {
  const listener = toNodeListener(async (request) => {
    const [name, type = ''] = files.get(new URL(request.url).pathname) ?? []
    if (name === undefined) {
      const answer = api?.(request)
      return answer === undefined ? live.fetch(request) : Response.json(answer, fresh)
    }
    return new Response(await readFile(new URL(name, import.meta.url)), { headers: { 'content-type': type } })
  })
  const http = createServer(listener)
  live.attach(http)
  http.listen(Number(process.env['PORT'] ?? 4100), '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${String((http.address() as { port: number }).port)}`)
  })
}
