// What an app does with a recorded client: its calls, its promises and its callbacks, on the connection and on channels.
import type { Connection, SendOutcome, StateChannel } from '../../../src/index.ts'
import type { ConnectionEvents } from '../../../src/api.ts'
import type { Call, ChannelShown, Outcome } from './entry.ts'
import { guard, type Counts, type Write } from './recorded-world.ts'

/** What the callbacks, calls and promises of one client share. */
export interface Ear {
  readonly write: Write
  /** How many callbacks of the client are under way. */
  readonly depth: number
  /** Runs a callback of the app's. */
  within(run: () => void): void
  /** A listener of the app's; a message is on record once, however many listen to it. */
  listen<E extends keyof ConnectionEvents>(
    event: E,
    listener: (event: ConnectionEvents[E]) => void,
  ): (event: ConnectionEvents[E]) => void
  /** A call of the app's. */
  call<T>(call: Call, run: () => T): T
  /** A call that gives out a promise, under a new number. */
  promise<T>(call: (id: number) => Call, run: () => Promise<T>, toOutcome?: (value: T) => Outcome): Promise<T>
}

/** An ear for one client. */
export function createEar(write: Write, counts: Counts): Ear {
  let depth = 0
  let lastPromise = 0
  let lastMessage: unknown
  const ear: Ear = {
    write,
    get depth() {
      return depth
    },
    within(run) {
      depth++
      try {
        run()
      } finally {
        depth--
      }
    },
    listen: (event, listener) => (value) => {
      if (event === 'message' && value !== lastMessage) {
        lastMessage = value
        write({ kind: 'message', ...(value as ConnectionEvents['message']), depth })
      }
      ear.within(() => listener(value))
    },
    call(call, run) {
      write({ kind: 'call', call })
      return guard(write, call.name, run)
    },
    promise(call, run, toOutcome = () => 'resolved') {
      const id = ++lastPromise
      const promise = ear.call(call(id), run)
      counts.promises++
      const settle = (outcome: Outcome): void => {
        counts.promises--
        write({ kind: 'settled', id, outcome })
      }
      promise.then(
        (value) => settle(toOutcome(value)),
        (error: unknown) => settle({ rejected: String(error) }),
      )
      return promise
    },
  }
  return ear
}

/** The connection as the app has it. */
export function recordCalls(live: Connection, ear: Ear): Connection {
  const simple = (name: 'connect' | 'retry' | 'disconnect' | 'reset' | 'close') => () =>
    ear.call({ name }, live[name])
  return {
    ...live,
    connect: simple('connect'),
    retry: simple('retry'),
    disconnect: simple('disconnect'),
    reset: simple('reset'),
    close: simple('close'),
    subscribe: (onChange) => live.subscribe(() => ear.within(onChange)),
    on: (event, listener) => live.on(event, ear.listen(event, listener)),
    ready: (options) =>
      ear.promise(
        (id) => ({ name: 'ready', id }),
        () => live.ready(options),
      ),
    send: (type, data, options) =>
      ear.promise(
        (id) => ({ name: 'send', id, type, bytes: toBytes({ type, data }) }),
        () => live.send(type, data, options),
        (outcome: SendOutcome) => outcome,
      ),
  }
}

/** The channel as the app has it. What it shows is on record as long as somebody is subscribed. */
export function recordChannel(channel: StateChannel<unknown>, ear: Ear): StateChannel<unknown> {
  const { name } = channel
  let subscribers = 0
  let stop = (): void => undefined
  return {
    ...channel,
    subscribe(onChange) {
      if (subscribers++ === 0) {
        ear.write({ kind: 'call', call: { name: 'subscribe', channel: name } })
        stop = channel.subscribe(() =>
          ear.write({ kind: 'channel', ...toChannelShown(channel), depth: ear.depth }),
        )
      }
      const leave = channel.subscribe(() => ear.within(onChange))
      let left = false
      return () => {
        if (left) return
        left = true
        leave()
        if (--subscribers > 0) return
        ear.write({ kind: 'call', call: { name: 'unsubscribe', channel: name } })
        stop()
      }
    },
    refresh: () => ear.promise((id) => ({ name: 'refresh', id, channel: name }), channel.refresh),
    update: (change) => ear.call({ name: 'update', channel: name }, () => channel.update(change)),
    ready: (options) =>
      ear.promise(
        (id) => ({ name: 'channel-ready', id, channel: name }),
        () => channel.ready(options),
      ),
  }
}

/** What a channel shows at this moment. */
export function toChannelShown(channel: StateChannel<unknown>): ChannelShown {
  const { freshness, data, source, error, asOf } = channel.getSnapshot()
  return { channel: channel.name, freshness, data, source, error: error && error.message, asOf }
}

/** How long a message is on the wire; 0 for what cannot be written. */
function toBytes(frame: object): number {
  try {
    return new TextEncoder().encode(JSON.stringify(frame)).length
  } catch {
    return 0
  }
}
