// The adversaries: a server, and a client, that say whatever looks legal. Only what must hold against anybody is asked of the other side.
import type { Process, ProcessHost } from './process.ts'
import type { Chance } from './random.ts'
import type { Machine } from './machine.ts'
import type { WebSocketLike } from '../../../src/transports/websocket.ts'
import type { World } from './world.ts'

/** A server that accepts, refuses, talks and closes as it likes. */
export function startAdversary({ thread, truth, kinds }: ProcessHost, chance: Chance): Process {
  const channels = Object.keys(kinds)
  const toFrame = (): string =>
    chance.odds(0.3)
      ? JSON.stringify({ type: chance.pick(channels), data: truth.read(chance.pick(channels)) })
      : drawFrame(chance, [
          ...channels,
          'server_ready',
          'rt.go_away',
          'rt.notice',
          'rt.error',
          'pong',
          'ping',
        ])
  const gap = chance.scale(20, 5_000)
  return {
    arrive(upgrade, accept) {
      const luck = chance()
      if (luck < 0.1) upgrade.refuse()
      if (luck < 0.15) return
      const socket = accept()
      let isOpen = true
      socket.once('close', () => void (isOpen = false))
      if (luck < 0.6) socket.send(JSON.stringify({ type: 'server_ready', v: 1, ...drawFields(chance) }))
      const talk = (): void => {
        if (!isOpen) return
        for (let count = chance.pick([1, 1, 1, 3, 30]); count > 0; count--) socket.send(toFrame())
        if (chance.odds(0.05)) socket.close(drawCode(chance), drawText(chance).slice(0, 40))
        thread.clock.setTimeout(talk, gap * 2 * chance())
      }
      thread.clock.setTimeout(talk, gap * chance())
    },
    window: () => 0,
    drain: () => undefined,
    revoke: () => undefined,
    lose: () => undefined,
    publish: () => undefined,
  }
}

/** A client that talks to the real server as it likes, on link after link; others must not notice. */
export function startHostile(world: World, machine: Machine, chance: Chance, until: number): void {
  const gap = chance.scale(50, 5_000)
  const types = [
    'client_ready',
    'client_ready',
    'ping',
    'ping',
    'pong',
    'rt.auth',
    'rt.subscribe',
    'note',
    'server_ready',
  ]
  const connect = (): void => {
    if (world.now > until) return
    const socket: WebSocketLike = machine.open()
    let isOver = false
    const again = (): void => {
      if (isOver) return
      isOver = true
      world.after(gap * 5 * chance(), connect)
    }
    const talk = (): void => {
      if (isOver) return
      for (let count = chance.pick([1, 1, 5, 40]); count > 0; count--) socket.send(drawFrame(chance, types))
      if (chance.odds(0.1)) {
        socket.close(drawCode(chance), '')
        return again()
      }
      world.after(gap * 2 * chance(), talk)
    }
    Object.assign(socket, {
      onopen: talk,
      onclose: again,
      onerror: () => undefined,
      onmessage: () => undefined,
    })
    world.after(20_000, () => {
      socket.close(1000, '')
      again()
    })
  }
  connect()
}

function drawCode(chance: Chance): number {
  return chance.odds(0.5)
    ? chance.pick([1000, 1001, 1006, 1012, 4401, 4403, 4409, 4429])
    : chance.whole(0, 65_535)
}

/** Text that is nearly a frame, or not at all. */
export function drawFrame(chance: Chance, types: readonly string[]): string {
  const luck = chance()
  if (luck < 0.05) return drawText(chance)
  if (luck < 0.07) return '['.repeat(chance.scale(10, 5_000))
  if (luck < 0.09) return `{"type":"queue","data":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`
  if (luck < 0.1) return JSON.stringify({ type: 'queue', data: 'x'.repeat(chance.scale(10, 70_000)) })
  return JSON.stringify({
    type: chance.odds(0.9) ? chance.pick(types) : drawText(chance),
    ...drawFields(chance),
  })
}

const FIELDS = [
  'v',
  'data',
  'timestamp',
  'heartbeat',
  'interval',
  'timeout',
  'reconnect',
  'window',
  'min',
  'spread',
  'grace',
  'code',
  'message',
  'id',
  'auth',
  'client',
  'caps',
  'limits',
  '__proto__',
  'constructor',
  'n',
  'marks',
  'mark',
] as const

function drawFields(chance: Chance, depth: number = 0): Readonly<Record<string, unknown>> {
  const entries = Array.from({ length: chance.whole(0, 4) }, () => [
    chance.pick(FIELDS),
    drawValue(chance, depth),
  ])
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>
}

function drawValue(chance: Chance, depth: number): unknown {
  const luck = chance()
  if (luck < 0.25 && depth < 4) return drawFields(chance, depth + 1)
  if (luck < 0.35) return Array.from({ length: chance.whole(0, 3) }, () => drawText(chance))
  if (luck < 0.75)
    return chance.pick([
      0,
      1,
      -1,
      0.5,
      250,
      1_000,
      5_000,
      60_000,
      2 ** 31,
      2 ** 53,
      1e300,
      -0,
      null,
      true,
      false,
    ])
  return drawText(chance)
}

function drawText(chance: Chance): string {
  return chance.pick([
    '',
    'a',
    'ping',
    '__proto__',
    'toString',
    '\u0000',
    '\ud800',
    '\u2028',
    '<b>',
    '1e999',
    'retry_after=1000',
    'x'.repeat(65),
  ])
}
