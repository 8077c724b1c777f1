// A site for browser tests: a page that holds one connection, the server it talks to, and what that server saw.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { createServer } from '../../src/server/index.ts'

/** A running site. */
export interface Site {
  readonly url: string
  /** The value the server has, and pushes when it changes. */
  count: number
  /** How many sockets were ever asked for, and how many loads. */
  readonly upgrades: number
  readonly loads: number
  /** Links that are open now. */
  readonly open: number
  /** The data of what pages sent. */
  readonly heard: readonly unknown[]
  close(): Promise<void>
}

/** Where the site's pages are, by path; each is one script of test/browser/pages. */
const pages = { '/': 'plain.ts', '/trace': 'trace.ts', '/strict': 'strict.tsx', '/bare': 'bare.ts' } as const

/** Starts it on a free port. `csp`: a content security policy for every page. */
export async function startSite(options: { readonly csp?: string } = {}): Promise<Site> {
  const scripts = new Map(
    await Promise.all(Object.entries(pages).map(async ([path, file]) => [path, await bundle(file)] as const)),
  )
  let count = 0
  let upgrades = 0
  let loads = 0
  const heard: unknown[] = []
  const live = createServer({
    message: ({ data }) => heard.push(data),
    events: { queue: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } } },
    snapshot: () => ({ count }),
    authorize: () => true,
  })
  const http = createHttpServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '/'
    const headers = {
      'cache-control': 'no-cache',
      ...(options.csp !== undefined && { 'content-security-policy': options.csp }),
    }
    if (path === '/api/queue') {
      loads++
      response.writeHead(200, { ...headers, 'cache-control': 'no-store', 'content-type': 'application/json' })
      response.end(JSON.stringify({ count }))
      return
    }
    if (path.endsWith('.js')) {
      response.writeHead(200, { ...headers, 'content-type': 'text/javascript' })
      response.end(scripts.get(path.slice(0, -3) || '/') ?? '')
      return
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/html' })
    const script = scripts.has(path) ? `<script src="${path}.js"></script>` : ''
    response.end(
      `<!doctype html><html lang="en"><title>${path}</title><body><div id="app"></div>${script}</body></html>`,
    )
  })
  http.on('upgrade', () => upgrades++)
  const detach = live.attach(http)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    get count() {
      return count
    },
    set count(next) {
      count = next
      void live.publish('queue', { count })
    },
    get upgrades() {
      return upgrades
    },
    get loads() {
      return loads
    },
    get open() {
      return live.stats().connections.length
    },
    heard,
    async close() {
      detach()
      await live.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

async function bundle(file: string): Promise<string> {
  const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../browser/pages/${file}`, import.meta.url))],
    alias: { holdfast: source('index.ts'), 'holdfast/react': source('react/index.ts') },
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  return outputFiles[0]?.text ?? ''
}
