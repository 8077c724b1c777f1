// Everything that may happen to a link and around it: frames good and bad, answers, writes, timers in time and late, clocks, the server.
import type { Level, SessionEvent } from '../../../src/server/session/model.ts'
import { nextDue, users, wallOf, type Draft, type Lens, type Setup, type World } from './world.ts'

/** What a frame is, by the protocol. */
export interface Sent {
  readonly kind: 'ready' | 'wrong ready' | 'ping' | 'pong' | 'rt' | 'app' | 'binary' | 'no JSON' | 'no frame'
  readonly text: string | null
  /** Of a `client_ready`: the level it asks for. */
  readonly level?: Level
  /** Of a ping: what its pong must carry; undefined: nothing. */
  readonly echo?: unknown
  /** Of an app message: its type, and what the app must be given. */
  readonly name?: string
  readonly data?: unknown
}

/** One thing that may happen: to the world, and as an event, if the session hears of it. */
export interface Move {
  readonly name: string
  readonly now: number
  readonly event: SessionEvent | null
  /** What arrived. */
  readonly frame?: Sent
  /** What changes in the world before the session hears of it. */
  readonly world: Partial<Draft>
}

const json = (kind: Sent['kind'], frame: object, more: Partial<Sent> = {}): Sent => ({
  kind,
  text: JSON.stringify(frame),
  ...more,
})
const client = { id: 'c_1', lib: 'holdfast/0' }

/** Everything a client may send, and much that none may. */
export const frames: readonly Sent[] = [
  json('ready', { type: 'client_ready', v: 1, client, auth: { token: 'secret' } }, { level: 1 }),
  json('ready', { type: 'client_ready' }, { level: 0 }),
  json('ready', { type: 'client_ready', v: 2 }, { level: 1 }),
  json('ready', { type: 'client_ready', v: 1, caps: ['recover'] }, { level: 1 }),
  json('ready', { type: 'client_ready', v: 1, caps: ['channels'] }, { level: 2 }),
  json('ready', { type: 'client_ready', v: 1, caps: ['recover', 'channels', 7] }, { level: 3 }),
  json('wrong ready', { type: 'client_ready', v: 1.5 }),
  json('wrong ready', { type: 'client_ready', v: 0 }),
  json('wrong ready', { type: 'client_ready', v: 1, client: { id: '../' } }),
  json('ping', { type: 'ping', timestamp: 7 }, { echo: 7 }),
  json('ping', { type: 'ping' }),
  json('ping', { type: 'ping', timestamp: { deep: [] } }),
  json('pong', { type: 'pong', timestamp: 7 }),
  json('rt', { type: 'rt.subscribe', channel: 'a' }, { name: 'rt.subscribe', data: undefined }),
  json('rt', { type: 'rt.nothing', id: 'r1' }, { name: 'rt.nothing', data: undefined }),
  json('app', { type: 'note', data: 1 }, { name: 'note', data: 1 }),
  json('app', { type: 'server_ready', v: 1 }, { name: 'server_ready', data: { type: 'server_ready', v: 1 } }),
  json('app', { type: '__proto__', data: null }, { name: '__proto__', data: null }),
  json('ping', { type: 'ping', padding: 'x'.repeat(300) }),
  { kind: 'binary', text: null },
  { kind: 'no JSON', text: '{"type":' },
  { kind: 'no frame', text: '[1]' },
  { kind: 'no frame', text: '{"type":7}' },
]

/** One of each kind: what else is in them does not meet the rates. */
const kinds = frames.filter(
  ({ kind, level }, index) =>
    frames.findIndex((other) => other.kind === kind && other.level === level) === index,
)
/** A timer that comes so late is late, but nothing was blocked; and one that was blocked. */
const LATE = [0, 900, 40_000] as const
/** The server's window goes up and down: by less than one and a half, and by more. */
const windows = [500, 740, 760, 1_200] as const
/** How far time may move on by itself, where a rate comes back. */
const pauses = (lens: Lens): readonly number[] => (lens.pongs ? [100] : lens.messages ? [2_500] : [])

/** Everything that may happen next. Timers fire in the order of their deadlines, as those of an event loop do. */
export function moves(world: World, { settings, lens }: Setup): readonly Move[] {
  const { now, marks, leaving, epoch } = world
  const { bufferedBytes, connectionsPerUser } = settings.limits
  const found: Move[] = []
  const tell = (name: string, event: SessionEvent): void => void found.push({ name, now, event, world: {} })
  const pass = (name: string, changed: Partial<Draft>, at = now): void =>
    void found.push({ name, now: at, event: null, world: changed })

  // What channels add has an exploration of its own.
  const all = lens.messages || lens.pongs ? kinds : frames
  for (const frame of lens.opening ? all : all.filter(({ level = 0 }) => level < 2))
    found.push({
      name: `hears ${frame.text?.slice(0, 60) ?? 'bytes'}`,
      now,
      event: { type: 'frame', text: frame.text },
      frame,
      world: {},
    })
  for (const [name, user] of Object.entries(users)) {
    tell(`authenticated as ${name}`, { type: 'authenticated', user, others: connectionsPerUser - 1 })
    tell(`revoked: ${name}`, { type: 'revoked', userId: name })
  }
  tell('authenticated, one too many', {
    type: 'authenticated',
    user: users.ann,
    others: connectionsPerUser,
  })
  tell('authenticated as nobody', { type: 'authenticated', user: null, others: 0 })
  tell('authentication failed', { type: 'authenticated', user: 'failed', others: 0 })
  tell('push', { type: 'push', channel: 'news', wire: '{"type":"news","data":1}' })
  tell('some bytes wait', { type: 'congested', bytes: bufferedBytes })
  tell('too many bytes wait', { type: 'congested', bytes: bufferedBytes + 1 })
  if (marks > 0) tell('flushed', { type: 'flushed' })
  tell('replaced', { type: 'replaced' })
  // A server drains once.
  if (!leaving) for (const grace of [0, 5_000]) tell(`leave in ${grace}`, { type: 'leave', grace })
  tell('closed', { type: 'closed' })

  const due = nextDue(world)
  if (due) {
    const [slot, at] = due
    for (const late of at > now ? LATE : [0])
      found.push(onTime(slot, at, Math.max(now, at + late), `${slot} due${late > 0 ? ` ${late} late` : ''}`))
    if (at - 1 > now) pass('time passes', {}, at - 1)
    for (const pause of pauses(lens)) if (now + pause < at) pass(`${pause} pass`, {}, now + pause)
  }
  pass('a WebSocket pong', { heardAt: now })
  if (lens.beats) for (const window of windows) pass(`the window is ${window}`, { window })
  if (lens.ends && wallOf(world) < users.bob.expiresAt)
    pass('the wall clock jumps ahead', { epoch: epoch + 3_600_000 })
  if (lens.ends && wallOf(world) >= users.bob.expiresAt)
    pass('the wall clock jumps back', { epoch: epoch - 3_600_000 })
  return found
}

/** A timer fires. */
export function onTime(
  slot: Extract<SessionEvent, { type: 'timer' }>['slot'],
  at: number,
  now: number,
  name: string = slot,
): Move {
  return { name, now, event: { type: 'timer', slot, late: now - at }, world: {} }
}
