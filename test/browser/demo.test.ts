// The demo as a visitor uses it: it comes up, is broken with its own buttons, and recovers.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../../examples/demo/app/engine.ts'
import { startChromium, type Chromium, type Tab } from '../support/chromium.ts'
import { findChromium } from '../support/machine.ts'

const path = findChromium()
const root = fileURLToPath(new URL('../..', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.skipIf(path === null)('the demo', () => {
  let demo: ChildProcess
  let url: string
  let chromium: Chromium
  let tab: Tab

  beforeAll(async () => {
    const port = String(await freePort())
    demo = spawn(process.execPath, ['examples/demo/start.js'], {
      cwd: root,
      env: { ...process.env, PORT: port, PACE: '4' },
    })
    const lines = createInterface({ input: demo.stdout! })
    url = await new Promise<string>((resolve, reject) => {
      demo.once('exit', (code) => reject(new Error(`the demo ended with ${String(code)}`)))
      lines.on('line', (line) => {
        const found = /http:\S+/.exec(line)?.[0]
        if (found !== undefined) resolve(found)
      })
    })
    chromium = await startChromium(path!)
  })
  afterAll(async () => {
    await chromium.close()
    const ended = new Promise((resolve) => demo.once('exit', resolve))
    demo.kill('SIGTERM')
    await ended
  })
  beforeEach(async () => {
    tab = await chromium.newTab()
    await tab.show()
    await tab.open(url)
    await tab.until(headline('Live'))
  })
  afterEach(() => tab.close())

  const headline = (text: string): string =>
    `document.querySelector('h1')?.textContent?.includes('${text}') === true`
  const press = (text: string): Promise<void> =>
    tab.evaluate(`(() => {
      const all = [...document.querySelectorAll('button, label')]
      const found = all.find((each) => each.textContent.trim().startsWith('${text}'))
      if (!found) throw new Error('no ${text} among ' + all.map((each) => each.textContent).join(', '))
      found.click()
    })()`)
  const shows = (text: string): string => `document.body.innerText.includes('${text}')`

  it('[A6 B9 B10] shows four campaigns live, three times over one connection', async () => {
    for (const name of ['Atlas', 'Borealis', 'Cinder', 'Delta']) await tab.until(shows(name))
    expect(tab.complaints).toEqual([])
  })

  it('[B1 B4 D4] polls while connections are refused, and is live again when they are not', async () => {
    await press('Refused')
    await press('Close')
    await tab.until(shows('polling'), 20_000)
    await press('Put it all back')
    await tab.until(headline('Live'), 20_000)
  })

  it('[D4 A8] says what is wrong while the server is dead, and recovers when it runs again', async () => {
    await press('Kill')
    await tab.until(`!(${headline('Live')})`)
    await press('Put it all back')
    await tab.until(headline('Live'), 20_000)
  })

  it('[E1] fits a phone of 360 pixels and a wide screen, light and dark, and can be used by keyboard', async () => {
    for (const width of [360, 820, 1440]) {
      await tab.screenshot({ width, height: 900, dark: width === 360 })
      await tab.until('document.documentElement.scrollWidth <= innerWidth')
    }
    await tab.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      key: 'Tab',
      code: 'Tab',
      windowsVirtualKeyCode: 9,
    })
    await tab.until('document.activeElement !== document.body')
    expect(tab.complaints).toEqual([])
  })
})

describe("the demo's engine", () => {
  it('[B1] goes through every phase of a campaign with no socket anywhere, each in less than 2 s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-engine-'))
    const engine = createEngine({ file: join(folder, 'campaigns.json'), pace: 100, tick: 20 })
    const enteredAt = new Map<string, number>()
    const took: number[] = []
    await new Promise<void>((resolve) => {
      const stop = engine.start({
        progress: () => undefined,
        transition({ campaign, to }) {
          const now = performance.now()
          const since = enteredAt.get(campaign)
          if (since !== undefined) took.push(now - since)
          enteredAt.set(campaign, now)
          if (to !== 'completed' || took.length < 8) return
          stop()
          resolve()
        },
      })
    })
    rmSync(folder, { recursive: true })
    expect(Math.max(...took)).toBeLessThan(2_000)
  })
})
