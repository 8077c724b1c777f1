// The packed tarball in an app of somebody else: every entry loads as ESM and as CommonJS, and the main job runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findNode } from '../support/node-version.ts'
import { installPacked } from '../support/packed.ts'
import { root } from '../support/source-files.ts'

const entries = [
  '.',
  './react',
  './vue',
  './vanilla',
  './testing',
  './testing/proxy',
  './server',
  './protocol',
]

const app = installPacked(['mitt', 'ws', 'zod', 'react', 'vue'])
afterAll(app.remove)

/** Loads every entry, then plays the main job against a server on `ws` that knows nothing of holdfast, and ends by itself. */
const body = `
  const { createConnection, webSocket } = loaded['.']
  const server = new WebSocketServer({ port: 0 })
  server.on('connection', (socket) =>
    socket.on('message', (bytes) => {
      const frame = JSON.parse(String(bytes))
      if (frame.type === 'client_ready') socket.send(JSON.stringify({ type: 'queue', data: { waiting: 3 } }))
      if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }))
    }),
  )
  const url = 'ws://localhost:' + server.address().port
  const live = createConnection({ url, ...(globalThis.WebSocket ? {} : { transport: webSocket({ WebSocket }) }) })
  const queue = live.state('queue')
  const stop = queue.subscribe(() => {})
  const data = await queue.ready()
  const { freshness, source } = queue.getSnapshot()
  stop()
  live.close()
  server.close()
  console.log(JSON.stringify({ data, freshness, source, entries: Object.fromEntries(
    Object.entries(loaded).map(([entry, exports]) => [entry, Object.keys(exports).sort()])) }))
`
const specifiers = entries.map((entry) => [entry, entry.replace('.', 'holdfast')] as const)
app.write(
  'esm.mjs',
  `import { WebSocket, WebSocketServer } from 'ws'
   const loaded = {}
   ${specifiers.map(([entry, name]) => `loaded['${entry}'] = await import('${name}')`).join('\n')}
   ${body}`,
)
app.write(
  'cjs.cjs',
  `const { WebSocket, WebSocketServer } = require('ws')
   const loaded = {}
   ${specifiers.map(([entry, name]) => `loaded['${entry}'] = require('${name}')`).join('\n')}
   void (async () => { ${body} })()`,
)

interface Outcome {
  readonly entries: Readonly<Record<string, readonly string[]>>
}

const installed = [20, 22, 24].flatMap((major) => {
  const path = findNode(major)
  return path === null ? [] : [{ major, path }]
})

describe.each(installed)('on Node $major', ({ path }) => {
  it.each(['esm.mjs', 'cjs.cjs'])(
    '[E1 C1a] %s gets its first state from a real server and ends by itself',
    (script) => {
      const outcome = JSON.parse(app.run(path, [script])) as Outcome
      expect(outcome).toMatchObject({ data: { waiting: 3 }, freshness: 'live', source: 'push' })
      expect(Object.keys(outcome.entries)).toEqual(entries)
    },
  )
})

it('[E1] an entry exports the same names as ESM and as CommonJS', () => {
  const names = ['esm.mjs', 'cjs.cjs'].map(
    (script) => JSON.parse(app.run(process.execPath, [script])) as Outcome,
  )
  expect(names[0]!.entries).toEqual(names[1]!.entries)
  expect(Object.values(names[0]!.entries).filter((each) => each.length === 0)).toEqual([])
})

it('[E1] the tarball holds what is built, and nothing of how it is built', () => {
  const outside = app.files.filter((path) => !path.startsWith('dist/'))
  expect(outside.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, unknown>
  }
  const targets = [...JSON.stringify(exports).matchAll(/"\.\/(dist\/[^"]+)"/g)].map((match) => match[1]!)
  expect(targets.filter((path) => !app.files.includes(path))).toEqual([])
  expect(Object.keys(exports).filter((entry) => !/global|json/.test(entry))).toEqual(entries)
})

it('[E3] the React entry says "use client" where a bundler looks for it', () => {
  const first = (path: string): string =>
    readFileSync(join(app.folder, 'node_modules/holdfast/dist', path), 'utf8')
  expect(first('react.js')).toMatch(/^"use client"/)
  expect(first('react.cjs')).toMatch(/^"use strict";\s+"use client"/)
})
