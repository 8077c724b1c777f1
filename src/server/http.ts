// HTTP beside the WebSocket: web-standard requests from Node's, the two paths of the server, a listener for node:http.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** A web-standard Request of what Node received. A Host that is none becomes localhost. */
export function toRequest(message: IncomingMessage): Request {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const scheme = 'encrypted' in message.socket ? 'https' : 'http'
  const path = message.url?.startsWith('/') === true ? message.url : '/'
  const { host = '' } = message.headers
  const url = `${scheme}://${/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host) ? host : 'localhost'}${path}`
  const { method = 'GET' } = message
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(URL.canParse(url) ? url : `${scheme}://localhost${path}`, {
    method,
    headers,
    ...(hasBody && { body: Readable.toWeb(message) as globalThis.ReadableStream, duplex: 'half' }),
  })
}

/**
 * Makes a web-standard handler a listener for `http.createServer`. undefined answers 404, a throw 500 without its words.
 * Connect, Express, Fastify and Hono have adapters of their own.
 */
export function toNodeListener(
  handler: (request: Request) => Response | undefined | Promise<Response | undefined>,
): (message: IncomingMessage, response: ServerResponse) => void {
  const answer = async (message: IncomingMessage): Promise<Response> => {
    try {
      return (await handler(toRequest(message))) ?? Response.json({ error: 'not found' }, { status: 404 })
    } catch {
      return Response.json({ error: 'internal error' }, { status: 500 })
    }
  }
  return (message, response) => {
    void answer(message).then((result) => {
      response.writeHead(result.status, [...result.headers].flat())
      if (result.body === null) response.end()
      else
        Readable.fromWeb(result.body as ReadableStream)
          .on('error', () => response.destroy())
          .pipe(response)
    })
  }
}
