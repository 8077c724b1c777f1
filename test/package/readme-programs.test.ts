// The programs on the pages, run as they stand, in an app that has installed the packed tarball.
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { compileScript, parse } from 'vue/compiler-sfc'
import { installPacked } from '../support/packed.ts'
import { blocksOf, filesOf } from '../support/pages.ts'
import { root } from '../support/source-files.ts'

const app = installPacked(['mitt', 'ws', 'zod', 'react', 'react-dom', 'vue'])
const running = new Set<ChildProcess>()
let port = 0

beforeAll(async () => {
  port = await freePort()
  for (const page of ['README.md', 'docs/server.md']) {
    for (const [name, text] of Object.entries(filesOf(page)))
      app.write(name, text.replaceAll('3000', `${port}`))
  }
})
afterEach(async () => {
  await Promise.all([...running].map(kill))
})
afterAll(app.remove)

it('[E1 A6 B4] the two files of the README run, and live through a server that is killed and started again', async () => {
  const server = start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const client = start('client.mjs')
  await client.says(/connection connected/)
  await client.says(/queue \{ waiting: \d \} live push/)
  await kill(server.child)
  await client.says(/queue \{ waiting: \d \} (polling|stale) push/)
  await client.says(/connection reconnecting .*connect/i)
  client.forget()
  start('server.mjs')
  await client.says(/connection connected/)
  await client.says(/queue \{ waiting: \d \} live /)
})

it('[E1 C3 G18] the chat of the README has its message acknowledged, and tells it to who comes later', async () => {
  start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const ann = start('chat.mjs')
  await ann.says(/^now: hello$/m)
  await ann.says(/^acked$/m)
  const bob = start('chat.mjs')
  await bob.says(/^before: hello\nnow: hello$/m)
  await ann.says(/^now: hello\n(acked\n)?now: hello$/m)
})

it('[E1 A6] the smallest program of the README shows what is loaded and what is pushed', async () => {
  start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const page = await openPage('<title>before</title>', [await bundle('page.ts')])
  await vi.waitUntil(() => /^\d waiting \(live\)$/.test(page.document.title), { timeout: 10_000 })
  page.close()
})

it('[E3] the page without a build of the README fills its heading', async () => {
  start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const get = async (path: string): Promise<string> => (await fetch(`http://localhost:${port}${path}`)).text()
  const html = await get('/')
  const [, markup, own] = /^(.*?)<script src="\/holdfast\.js"><\/script>\n<script>(.*)<\/script>/s.exec(html)!
  const page = await openPage(markup!, [await get('/holdfast.js'), own!])
  const heading = page.document.querySelector('#waiting')!
  expect(heading.textContent).toBe('Loading')
  await vi.waitUntil(() => /^\d waiting, live$/.test(heading.textContent), { timeout: 10_000 })
  expect(page.document.querySelector('#line')!.textContent).toMatch(/^connected, [\d?]+ ms$/)
  page.close()
})

it('[E3] the React card of the README renders', async () => {
  start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  app.write(
    'main.tsx',
    `import { createRoot } from 'react-dom/client'
     import { QueueCard } from './queue-card'
     createRoot(document.querySelector('main')!).render(<QueueCard />)`,
  )
  const page = await openPage('<main></main>', [await bundle('main.tsx')])
  const text = (): string => page.document.querySelector('main')!.textContent
  await vi.waitUntil(() => /^\d waitinglive$/.test(text()), { timeout: 10_000 })
  page.close()
})

it('[E3] the Vue card of the README renders', async () => {
  start('server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const { descriptor } = parse(blocksOf('README.md').find(({ language }) => language === 'vue')!.text)
  app.write('card.ts', compileScript(descriptor, { id: 'card', inlineTemplate: true }).content)
  app.write(
    'main.ts',
    `import { createApp } from 'vue'; import Card from './card'; createApp(Card).mount('main')`,
  )
  const page = await openPage('<main></main>', [await bundle('main.ts')])
  const text = (): string => page.document.querySelector('main')!.textContent
  await vi.waitUntil(() => /^\d waitinglive$/.test(text()), { timeout: 10_000 })
  page.close()
})

it('[C1a C1b] the server of the reference page lets in who has the token, and gives first data', async () => {
  await build({
    entryPoints: [join(app.folder, 'server.ts')],
    outfile: join(app.folder, 'server-page.mjs'),
    format: 'esm',
    target: 'node20',
  })
  start('server-page.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const says = async (auth: string): Promise<void> => {
    const name = `client-${auth}.mjs`
    const client = filesOf('README.md')['client.mjs']!.replaceAll('3000', `${port}`)
    app.write(name, client.replace('transport:', `auth: () => ({ token: '${auth}' }), transport:`))
    await start(name).says(
      auth === 'secret' ? /queue \{ waiting: 3 \} live push/ : /connection failed .*connect\(\)/,
    )
  }
  await says('secret')
  await says('wrong')
})

it('[C3 C1b] the chat server of that page keeps for Ann what is hers, and gives it to nobody else', async () => {
  await build({
    entryPoints: [join(app.folder, 'chat-server.ts')],
    outfile: join(app.folder, 'chat-server.mjs'),
    format: 'esm',
    target: 'node20',
  })
  start('chat-server.mjs')
  await vi.waitUntil(() => answers(port), { timeout: 10_000 })
  const as = (user: string): ReturnType<typeof start> => {
    const chat = filesOf('README.md')['chat.mjs']!.replaceAll('3000', `${port}`)
    const client = chat
      .replace('transport:', `auth: () => ({ user: '${user}' }), on: { error: console.log }, transport:`)
      .replace("'chat'", "'user:ann'")
    app.write(`chat-${user}.mjs`, client)
    return start(`chat-${user}.mjs`)
  }
  await as('ann').says(/before: \{ report: 7, ready: true \}/)
  await as('bob').says(/^(?![^]*report)[^]*forbidden: There is no such channel for you/)
})

/** Starts a program of the app's folder. */
function start(name: string): {
  readonly child: ChildProcess
  says(what: RegExp): Promise<void>
  forget(): void
} {
  const child = spawn(process.execPath, [name], { cwd: app.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const listen = (data: Buffer): void => void (output += data.toString())
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  running.add(child)
  return {
    child,
    async says(what) {
      await vi
        .waitUntil(() => what.test(output), { timeout: 15_000 })
        .catch(() => {
          throw new Error(`${name} did not say ${String(what)}, but:\n${output}`)
        })
    },
    forget: () => void (output = ''),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

/** One script of a program of the app's folder, with everything it imports. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(app.folder, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return outputFiles[0]!.text
}

interface Page {
  readonly document: Document
  close(): void
}

/** A page of the server, with these scripts. jsdom has a WebSocket but no fetch: it gets Node's. */
async function openPage(html: string, scripts: readonly string[]): Promise<Page> {
  const { JSDOM } = (await import(`${root}node_modules/jsdom/lib/api.js`)) as {
    readonly JSDOM: new (html: string, options: object) => { readonly window: Page }
  }
  const url = `http://localhost:${port}/`
  const { window } = new JSDOM(html, {
    url,
    runScripts: 'dangerously',
    pretendToBeVisual: true,
    beforeParse(page: Record<string, unknown>) {
      page.fetch = (path: string) => fetch(new URL(path, url))
    },
  })
  for (const text of scripts) {
    const script = window.document.createElement('script')
    script.textContent = text
    window.document.head.append(script)
  }
  return window
}

async function answers(at: number): Promise<boolean> {
  try {
    return (await fetch(`http://localhost:${at}/health`)).status === 200
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port: free } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return free
}
