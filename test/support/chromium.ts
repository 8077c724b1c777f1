// A real Chromium, spoken to over its devtools protocol: started directly, so that tabs really hide, freeze and come back.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

type Params = Readonly<Record<string, unknown>>

/** One tab. */
export interface Tab {
  /** A devtools command; rejects with what Chromium answers. */
  send(method: string, params?: Params): Promise<Readonly<Record<string, unknown>>>
  /** The value of an expression in the page; promises are awaited, exceptions reject. */
  evaluate<T>(expression: string): Promise<T>
  /** Resolves when an expression is true; rejects after `timeout` with its last value. */
  until(expression: string, timeout?: number): Promise<void>
  /** Loads an address and waits for its `load` event. */
  open(url: string): Promise<void>
  /** Brings the tab to the front: the others are hidden. */
  show(): Promise<void>
  /** What the page has logged as errors, exceptions and security violations among them. */
  readonly complaints: readonly string[]
  /** A PNG, of the size given, in CSS pixels. */
  screenshot(size: {
    readonly width: number
    readonly height: number
    readonly dark?: boolean
  }): Promise<Buffer>
  close(): Promise<void>
}

/** A running browser. */
export interface Chromium {
  newTab(): Promise<Tab>
  close(): Promise<void>
}

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
]

/** Starts a Chromium with a profile of its own, and flags of the test's beside the usual ones. */
export async function startChromium(path: string, ...more: readonly string[]): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'))
  const child = spawn(path, [...flags, ...more, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${String(code)} before it listened`)))
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
      if (found) resolve(found)
    })
  })
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 1 << 28 })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))

  let lastId = 0
  const pending = new Map<number, { resolve: (result: Params) => void; reject: (error: Error) => void }>()
  const listeners = new Map<string, (method: string, params: Params) => void>()
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      id?: number
      result?: Params
      error?: { message: string }
      method?: string
      params?: Params
      sessionId?: string
    }
    if (message.id === undefined) {
      listeners.get(message.sessionId ?? '')?.(message.method ?? '', message.params ?? {})
      return
    }
    const waiting = pending.get(message.id)
    pending.delete(message.id)
    if (message.error) waiting?.reject(new Error(message.error.message))
    else waiting?.resolve(message.result ?? {})
  })
  const send = (method: string, params: Params = {}, sessionId?: string): Promise<Params> =>
    new Promise((resolve, reject) => {
      const id = ++lastId
      pending.set(id, { resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)) })
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }))
    })

  const newTab = async (): Promise<Tab> => {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = (await send('Target.attachToTarget', { targetId, flatten: true })) as {
      sessionId: string
    }
    const complaints: string[] = []
    let loaded: (() => void) | null = null
    listeners.set(sessionId, (method, params) => {
      if (method === 'Page.loadEventFired') loaded?.()
      if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params.exceptionDetails))
      if (method === 'Log.entryAdded') {
        const { level, text, source } = params.entry as { level: string; text: string; source: string }
        if (level === 'error' && source !== 'network') complaints.push(`${source}: ${text}`)
      }
    })
    const own = (method: string, params?: Params): Promise<Params> => send(method, params, sessionId)
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await own(`${domain}.enable`)
    const tab: Tab = {
      complaints,
      send: own,
      async evaluate<T>(expression: string) {
        const { result, exceptionDetails } = (await own('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        })) as { result: { value: T }; exceptionDetails?: unknown }
        if (exceptionDetails !== undefined)
          throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
        return result.value
      },
      async until(expression, timeout = 15_000) {
        const deadline = performance.now() + timeout
        for (;;) {
          const value = await tab.evaluate(
            `(() => { const value = (${expression}); return value === true ? true : JSON.stringify(value) ?? 'undefined' })()`,
          )
          if (value === true) return
          if (performance.now() > deadline)
            throw new Error(`still ${String(value)} after ${timeout} ms: ${expression}`)
          await new Promise((resolve) => setTimeout(resolve, 25))
        }
      },
      async open(url) {
        const load = new Promise<void>((resolve) => (loaded = resolve))
        await own('Page.navigate', { url })
        await load
      },
      async show() {
        await send('Target.activateTarget', { targetId })
      },
      async screenshot({ width, height, dark = false }) {
        await own('Emulation.setDeviceMetricsOverride', {
          width,
          height,
          deviceScaleFactor: 1,
          mobile: width < 600,
        })
        await own('Emulation.setEmulatedMedia', {
          features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
        })
        const { data } = (await own('Page.captureScreenshot', { format: 'png' })) as { data: string }
        return Buffer.from(data, 'base64')
      },
      async close() {
        listeners.delete(sessionId)
        await send('Target.closeTarget', { targetId })
      },
    }
    return tab
  }
  return {
    newTab,
    async close() {
      await send('Browser.close').catch(() => child.kill('SIGKILL'))
      await ended
      socket.terminate()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
