// Does the kit find what is broken? Servers with one planted fault each: exactly the right cases must fail.
import { createServer, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { cases } from '../../src/bin/conform/cases.ts'
import { runCases, type Report } from '../../src/bin/conform/run.ts'
import type { Settings } from '../../src/bin/conform/settings.ts'
import { faults, relay, type Fault, type Meddler } from '../support/broken-servers.ts'
import { endAll, serve } from '../support/raw-client.ts'

const ends: Array<() => void> = []
afterAll(async () => {
  for (const end of ends) end()
  await endAll()
})

const sound = { auth: { token: 'good token' }, badAuth: { token: 'bad token' } }

/** The real server behind a relay of its own, and the kit against it. */
async function run({ refuse, plant }: Partial<Fault>): Promise<Report> {
  const { url } = await serve({
    authenticate: ({ auth }) =>
      (auth as { token?: unknown } | null)?.token === 'good token' ? { id: 'ann' } : null,
    authorize: (_user, _action, channel) => /^chat(:|$)/.test(channel),
    handshakeTimeout: 1_000,
  })
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_194_304 })
  const none = (): Meddler => ({})
  const make = plant?.() ?? none
  http.on('upgrade', (request, socket, head) => {
    const status = refuse?.(request.headers) ?? null
    if (status !== null)
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Length: 0\r\n\r\n`)
    else sockets.handleUpgrade(request, socket, head, (client) => relay(client, url, request.headers, make))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    for (const client of sockets.clients) client.terminate()
    http.close()
  })
  const settings: Settings = {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`,
    level: 3,
    ...sound,
    headers: {},
    channel: 'chat',
    forbiddenChannel: 'secret',
    timeout: 4_000,
  }
  return runCases(cases, settings)
}

/** In the order of the cases, whenever they were run. */
const failed = ({ results }: Report): string[] =>
  cases.flatMap(({ id }) =>
    results
      .filter((result) => result.id === id && result.outcome === 'failed')
      .map(({ reason }) => `${id}: ${reason ?? ''}`),
  )

describe('a server', () => {
  // All at once: most of a run is listening to silence.
  const reports = new Map<Fault | null, Report>()
  beforeAll(async () => {
    await Promise.all([null, ...faults].map(async (fault) => reports.set(fault, await run(fault ?? {}))))
  })

  it('[L3 A9] that lets everybody in to one channel, as in the README, reaches level 3', async () => {
    const server = await serve({ authorize: (_user, _action, channel) => channel === 'chat' })
    const bare = { auth: null, badAuth: null, headers: {}, channel: 'chat', forbiddenChannel: null }
    const report = await runCases(cases, { url: server.url, level: 3, timeout: 4_000, ...bare })
    expect(failed(report)).toEqual([])
    expect(report).toMatchObject({ reached: 3, passed: true })
  })

  it('[L3] behind a relay that changes nothing passes level 3, with nothing skipped', () => {
    const report = reports.get(null)!
    expect(failed(report)).toEqual([])
    expect(report).toMatchObject({ reached: 3, passed: true, counts: { skipped: 0, passed: cases.length } })
  })

  it.each(faults)('[L3] that $name is found by the right cases, and by no others', (fault) => {
    const report = reports.get(fault)!
    expect(
      failed(report).map((each) => each.split(': ')[0]),
      failed(report).join('\n'),
    ).toEqual(cases.map(({ id }) => id).filter((id) => fault.fails.includes(id)))
    expect(report.passed).toBe(false)
    const told = report.results.filter(({ outcome }) => outcome === 'failed')
    expect(told.every(({ reason, fix }) => reason !== undefined && fix !== undefined)).toBe(true)
  })
})

it('[L3] at least twelve faults are planted, and every level has some', () => {
  expect(faults.length).toBeGreaterThanOrEqual(12)
  const ids = cases.map(({ id }) => id)
  expect(faults.flatMap(({ fails }) => fails).filter((id) => !ids.includes(id))).toEqual([])
  expect(new Set(faults.map(({ fails }) => fails[0]?.[0]))).toEqual(new Set(['0', '1', '2', '3']))
})
