// Small traces, written by hand: entries at an instant, and the words for what happens most.
import { expect } from 'vitest'
import { checkers } from './checkers.ts'
import type { Checker, ClientFacts, Entry, Happening, Leftovers, Shown } from './entry.ts'

/** What happens at an instant, to client `a` unless another one is named. */
export function at(ms: number, ...happenings: Happening[]): Entry[] {
  return to('a', ms, ...happenings)
}

/** What happens to one client at an instant. */
export function to(client: string, ms: number, ...happenings: Happening[]): Entry[] {
  return happenings.map((happening) => ({ ...happening, at: ms, felt: ms, client }))
}

/** A client with the defaults of the library and one channel, `price`. */
export function made(facts: Partial<ClientFacts> = {}): Happening {
  const price = { kind: 'replace', loads: true, pollEvery: 10_000, versioned: false } as const
  return {
    kind: 'made',
    facts: {
      heartbeat: { interval: 15_000, timeout: 5_000, probe: 3_000, advised: ['interval', 'timeout'] },
      budget: { attempts: 40, windowed: 120, per: 300_000 },
      minDelay: 0,
      minUptime: 5_000,
      maxAttempts: Infinity,
      hasAuth: false,
      outbox: { messages: 1_000, bytes: 1_048_576 },
      sendWatermark: 262_144,
      channels: { price },
      ...facts,
    },
  }
}

/** An event that enters the connection, or with a channel's name that channel. */
export function event(type: string, fields: object = {}, channel?: string): Happening {
  return { kind: 'event', machine: toMachine(channel), event: { ...fields, type } }
}

/** An effect that leaves it. */
export function effect(type: string, fields: object = {}, channel?: string): Happening {
  return { kind: 'effect', machine: toMachine(channel), effect: { ...fields, type } }
}

function toMachine(channel: string | undefined): string {
  return channel === undefined ? 'connection' : `channel ${channel}`
}

/** A link that is asked for and opens, as client `a` sees it. */
export function opens(link: number): Happening[] {
  return [
    event('admitted'),
    effect('open', { link }),
    event('opened', { link }),
    effect('hello', { link }),
    effect('ping', { link, timestamp: link }),
  ]
}

/** The end of a link, decided by the other side. */
export function closes(link: number, kind: string = 'backoff', hint: object = {}): Happening[] {
  return [
    event('closed', { link, class: kind, min: null, spread: null, ...hint }),
    effect('drop', { link, code: 1000, reason: '' }),
  ]
}

/** A change of status. */
export function status(from: Shown['status'], now: Shown['status'], depth: number = 0): Happening {
  return { kind: 'status', status: now, previous: from, depth }
}

const idle: Shown = {
  status: 'idle',
  attempt: 0,
  retryAt: null,
  circuit: 'closed',
  latency: null,
  quality: 'disconnected',
  error: null,
}

/** A snapshot that is told, at epoch time 0. */
export function snapshot(shown: Partial<Shown>): Happening {
  return { kind: 'snapshot', snapshot: { ...idle, ...shown }, depth: 0, wall: 0 }
}

/** What `price` shows. */
export function price(freshness: 'live' | 'stale' | 'polling', data: unknown, error: string | null = null) {
  return { channel: 'price', freshness, data, source: 'push', error, asOf: 0 } as const
}

/** That is told to a subscriber. */
export function tells(...shown: Parameters<typeof price>): Happening {
  return { kind: 'channel', ...price(...shown), depth: 0 }
}

/** A look from outside. */
export function sample(
  shown: Partial<Shown>,
  channels: ReturnType<typeof price>[] = [],
  more: { held?: Leftovers; waiting?: { messages: number; bytes: number } } = {},
): Happening {
  return { kind: 'sample', snapshot: { ...idle, ...shown }, channels, ...more }
}

/** Text arrives. */
export function arrives(frame: object): Happening {
  return { kind: 'inbound', text: JSON.stringify(frame) }
}

/** Text leaves. */
export function leaves(frame: object, buffered: number = 0): Happening {
  return { kind: 'outbound', text: JSON.stringify(frame), buffered }
}

/** A channel is subscribed to. */
export function subscribes(id: string, channel: string = 'price'): Happening {
  return leaves({ type: 'rt.subscribe', id, channel })
}

/** The answer to that. */
export function answered(id: string, fields: object = {}): Happening {
  return arrives({ type: 'rt.subscribed', id, channel: 'price', ...fields })
}

/** A message of a channel that was subscribed to under this name. */
export function pushes(
  ref: string,
  data: unknown,
  channel: string = 'price',
  fields: object = {},
): Happening {
  return arrives({ type: 'rt.message', channel, ref, data, ...fields })
}

/** Nothing is left, but for what is named. */
export function left(leftovers: Partial<Leftovers> = {}): Happening {
  const nothing = { timers: 0, links: 0, listeners: 0, promises: 0, requests: 0 }
  return { kind: 'left', leftovers: { ...nothing, ...leftovers } }
}

/** The checker finds nothing in the trace. */
export function expectHolds(id: Checker['id'], ...trace: Entry[][]): void {
  expect(check(id, trace)).toEqual([])
}

/** The checker finds one thing, which reads like that. */
export function expectBroken(id: Checker['id'], what: string, ...trace: Entry[][]): void {
  expect(check(id, trace)).toEqual([what])
}

function check(id: Checker['id'], trace: Entry[][]): string[] {
  const checker = checkers.find((one) => one.id === id)
  if (!checker) throw new Error(`There is no checker ${id}.`)
  return checker.check(trace.flat()).map((violation) => violation.what)
}
