// The examples as a visitor meets them: cut off, killed in the middle, and started again on the same port.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startChromium, type Chromium, type Tab } from '../support/chromium.ts'
import { startExample, type Example } from '../support/example.ts'
import { findChromium } from '../support/machine.ts'

const path = findChromium()
const badge = (state: string): string => `document.getElementById('badge').dataset.state === '${state}'`
const rows = (id: string): string =>
  `[...document.querySelectorAll('#${id} li')].map((row) => row.className === 'gap' ? '…' : row.textContent)`

describe.skipIf(path === null)('the examples', () => {
  let chromium: Chromium
  let example: Example
  let tabs: Tab[] = []

  beforeAll(async () => {
    chromium = await startChromium(path!)
  })
  afterAll(() => chromium.close())
  afterEach(async () => {
    expect(tabs.flatMap((tab) => tab.complaints)).toEqual([])
    await Promise.all(tabs.map((tab) => tab.close()))
    tabs = []
    await example.close()
  })

  const open = async (url: string): Promise<Tab> => {
    const tab = await chromium.newTab()
    tabs.push(tab)
    await tab.show()
    await tab.open(url)
    return tab
  }
  /** No new connections through the proxy, and none of the old ones. */
  const disconnect = (): void => {
    example.proxy.refuse()
    example.proxy.cut()
  }
  const press = (tab: Tab, id: string): Promise<void> =>
    tab.evaluate(`document.getElementById('${id}').click()`)
  /** Narrow and wide, dark and light: nothing sticks out, and the keyboard gets somewhere. */
  const look = async (tab: Tab): Promise<void> => {
    await tab.show()
    for (const width of [360, 1000]) {
      await tab.screenshot({ width, height: 640, dark: width === 360 })
      await tab.until('document.documentElement.scrollWidth <= innerWidth')
    }
    await tab.evaluate('document.activeElement.blur()')
    const key = { type: 'keyDown', key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 }
    await tab.send('Input.dispatchKeyEvent', key)
    await tab.until('document.activeElement !== document.body')
  }

  describe('chat', () => {
    let [ann, bob]: Tab[] = []

    beforeEach(async () => {
      example = await startExample('chat')
      bob = await open(example.direct)
      ann = await open(example.url)
      for (const tab of [ann, bob]) await tab.until(badge('live'))
    })

    const say = (tab: Tab, text: string): Promise<void> =>
      tab.evaluate(`{
        document.getElementById('text').value = '${text}'
        document.getElementById('form').requestSubmit()
      }`)
    /** What was said, without names; what became of it where it is one's own; dividers as they are. */
    const said = (tab: Tab): Promise<string[]> =>
      tab.evaluate(`[...document.querySelectorAll('#talk li')].map((row) => row.classList.contains('divider')
        ? row.className : [...row.children].slice(1).map((part) => part.textContent).join(' ').trim())`)
    const hears = (tab: Tab, text: string): Promise<void> =>
      tab.until(
        `[...document.querySelectorAll('#said span')].some(({ textContent }) => textContent === '${text}')`,
        30_000,
      )
    const note = (tab: Tab, text: string, words: string): Promise<void> =>
      tab.until(
        `[...document.querySelectorAll('#talk li')].some((row) => row.children[1]?.textContent === '${text}' && row.lastElementChild.textContent === '${words}')`,
        30_000,
      )

    it('[D3 D9 G12 G14 G18] misses nothing through a cut and shows nothing twice, and gives the history to who comes', async () => {
      await say(ann!, 'one')
      await note(ann!, 'one', 'received')
      await hears(bob!, 'one')
      disconnect()
      await ann!.until(badge('stale'))
      await ann!.until(`document.getElementById('retry').textContent.startsWith('Retry now')`)
      await say(bob!, 'two')
      await say(bob!, 'three')
      await note(bob!, 'three', 'received')
      await say(ann!, 'four')
      await note(ann!, 'four', 'sending')
      await example.proxy.pass()
      await press(ann!, 'retry')
      await note(ann!, 'four', 'received')
      expect(await said(ann!)).toEqual(['one received', 'two', 'three', 'divider note', 'four received'])
      await ann!.until(badge('live'))
      await hears(bob!, 'four')
      expect(await said(bob!)).toEqual(['one', 'two received', 'three received', 'four'])
      const carol = await open(example.direct)
      await hears(carol, 'four')
      expect(await said(carol)).toEqual(['one', 'two', 'three', 'four'])
      await look(ann!)
    })

    it('[G14 G18 D9] tells of a gap after kill -9, goes on, and sends what was said meanwhile', async () => {
      await say(ann!, 'one')
      await note(ann!, 'one', 'received')
      await hears(bob!, 'one')
      await example.kill()
      await ann!.until(badge('stale'))
      await say(ann!, 'two')
      await note(ann!, 'two', 'sending')
      await example.restart()
      await note(ann!, 'two', 'received')
      // A hidden page takes its time.
      await bob!.show()
      await bob!.until(badge('live'), 30_000)
      await say(bob!, 'three')
      await note(bob!, 'three', 'received')
      await hears(ann!, 'three')
      expect(await said(ann!)).toEqual(['one received', 'divider gap', 'two received', 'three'])
      // He was back after it, and nobody could replay it: his gap is a true one.
      expect(await said(bob!)).toEqual(['one', 'divider gap', 'three received'])
    })

    it('[G18] says of each message that did not get through whether it may have', async () => {
      example.proxy.rule({ way: 'toTarget', type: 'rt.publish', do: 'suppress' })
      await say(ann!, 'one')
      await note(ann!, 'one', 'sending')
      disconnect()
      await ann!.until(badge('stale'))
      await say(ann!, 'two')
      await note(ann!, 'one', 'no answer: it may have arrived')
      await note(ann!, 'two', 'not sent')
      expect(await said(bob!)).toEqual([])
    })
  })

  describe('log-tail', () => {
    const count = (tab: Tab): Promise<number> => tab.evaluate(`document.querySelectorAll('#rows li').length`)
    const more = async (tab: Tab, lines: number): Promise<void> =>
      tab.until(`document.querySelectorAll('#rows li').length >= ${(await count(tab)) + lines}`, 30_000)
    /** The numbers of the lines, in pieces between the gaps. */
    const pieces = async (tab: Tab): Promise<number[][]> => {
      const all = await tab.evaluate<string[]>(rows('rows'))
      const found: number[][] = [[]]
      for (const row of all) {
        if (row === '…') found.push([])
        else found.at(-1)!.push(Number.parseInt(row.trim()))
      }
      return found
    }
    const run = (numbers: readonly number[]): number[] => numbers.map((_, index) => numbers[0]! + index)

    it('[D3 G12 G14] misses no line through a cut and shows none twice', async () => {
      example = await startExample('log-tail', { EVERY: '50' })
      const [witness, tail] = [await open(example.direct), await open(example.url)]
      await more(tail, 5)
      disconnect()
      await tail.until(badge('stale'))
      await more(witness, 20)
      await example.proxy.pass()
      await tail.until(badge('live'), 30_000)
      await more(tail, 5)
      const found = await pieces(tail)
      expect(found).toEqual([run(found[0]!)])
      expect(found[0]!.length).toBeGreaterThan(29)
      await look(tail)
    })

    it('[G14] marks the place where lines are missing: after kill -9, and beyond what the server keeps', async () => {
      example = await startExample('log-tail', { EVERY: '20' })
      const tail = await open(example.url)
      await more(tail, 5)
      await example.kill()
      await tail.until(badge('stale'))
      await example.restart({ EVERY: '4' })
      await tail.until(`document.querySelectorAll('#rows .gap').length === 1`, 30_000)
      await more(tail, 5)
      const witness = await open(example.direct)
      await tail.show()
      disconnect()
      await tail.until(badge('stale'))
      const last = Math.max(...(await pieces(tail)).at(-1)!)
      const newest = `Number.parseInt(document.getElementById('rows').lastElementChild?.textContent ?? '0')`
      await witness.until(`${newest} > ${last} + 320`, 30_000)
      await example.proxy.pass()
      await tail.until(`document.querySelectorAll('#rows .gap').length === 2`, 30_000)
      await more(tail, 5)
      const found = await pieces(tail)
      expect(found).toEqual(found.map(run))
      expect(found).toHaveLength(3)
      expect(found[2]![0]! - found[1]!.at(-1)!).toBeGreaterThan(1)
    })

    it('[G21] holds 500 rows at most, during a pause too, and says how many it let go', async () => {
      example = await startExample('log-tail', { EVERY: '2' })
      const tail = await open(example.url)
      const first = `Number.parseInt(document.querySelector('#rows li')?.textContent ?? '0')`
      await tail.until(`document.querySelectorAll('#rows li').length === 500 && ${first} > 1`, 30_000)
      expect(await count(tail)).toBe(500)
      await press(tail, 'pause')
      const before = await tail.evaluate<string>(`document.getElementById('rows').textContent`)
      const came = `Number(/\\d+/.exec(document.getElementById('pause').textContent)?.[0])`
      await tail.until(`${came} > 600`, 30_000)
      expect(await tail.evaluate(`document.getElementById('rows').textContent`)).toBe(before)
      // Looked at before the next line comes.
      const [mark, line, ...others] = await tail.evaluate<string[]>(`{
        document.getElementById('pause').click()
        ;[...document.querySelectorAll('#rows li')].map((row) => row.textContent)
      }`)
      expect(others).toHaveLength(498)
      expect([mark, line]).toEqual([
        expect.stringMatching(/^… [1-9]\d+ lines were not kept during the pause …$/),
        expect.stringMatching(/^ *\d+ /),
      ])
    })
  })

  describe('progress-card', () => {
    let folder = ''
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'holdfast-jobs-'))
      example = await startExample('progress-card', {
        JOBS_FILE: join(folder, 'jobs.json'),
        JOB_TAKES: '8000',
      })
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    const shows = (state: string): string => `document.getElementById('card').dataset.state === '${state}'`
    const begin = async (button = 'start'): Promise<Tab> => {
      const tab = await open(example.url)
      await press(tab, button)
      return tab
    }

    it('[D3 G14] goes on after kill -9 in the middle, and is done', async () => {
      const tab = await begin()
      await tab.until(shows('live'))
      await example.kill()
      await tab.until(shows('stale'))
      await example.restart()
      await tab.until(shows('live'), 30_000)
      await tab.until(shows('done'), 30_000)
      await look(tab)
    })

    it('[D3 G15] is done when the job ended while the server was away, and says what it does not know until then', async () => {
      const tab = await begin()
      await tab.until(shows('live'))
      await example.kill()
      await tab.until(shows('stale'))
      await tab.until(
        `/^Nobody answers. It was like this at \\d\\d:/.test(document.getElementById('note').textContent)`,
      )
      await example.restart({ JOB_TAKES: '1' })
      await tab.until(shows('done'), 30_000)
    })

    it('[D3 B4 G10] is done by asking when the socket is gone for good, and a cut costs it nothing', async () => {
      example.proxy.rule({ do: { answer: { status: 503 } } })
      const tab = await begin()
      await tab.until(shows('polling'))
      example.proxy.cut()
      await tab.until(shows('done'), 30_000)
      await tab.until(`document.getElementById('title').textContent === 'Done: 100 %'`)
    })

    it('[D3] shows a failure as an end, lets the socket go, and knows it when it is opened again', async () => {
      const tab = await begin('fail')
      await tab.until(shows('failed'), 30_000)
      await tab.until(`document.getElementById('connection').dataset.state === 'idle'`, 30_000)
      const again = await open(await tab.evaluate(`location.href`))
      await again.until(shows('failed'), 30_000)
      expect(await again.evaluate(`document.getElementById('title').textContent`)).toBe('Failed at 60 %')
    })
  })
})
