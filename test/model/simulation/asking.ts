// What the library asks the app for: data over HTTP, tokens, a url, a diagnosis. Each may be slow, fail, hang or lie.
import type { Diagnosis } from '../../../src/options.ts'
import type { Happening } from '../trace/entry.ts'
import type { Machine } from './machine.ts'
import type { ServerNode } from './node.ts'
import type { State, Truth } from './truth.ts'
import type { Tokens } from './tokens.ts'
import type { World } from './world.ts'

/** How the HTTP side of the app does. */
export type Mood = 'well' | 'slow' | 'fails' | 'hangs'
/** How the app's token provider does. */
export type TokenMood = Mood | 'empty' | 'expired'

type What = Extract<Happening, { kind: 'asked' }>['what']

/** The app's functions of one client. */
export interface Asking {
  http: Mood
  tokens: TokenMood
  /** Calls that were neither answered nor aborted. */
  readonly pending: number
  ask<T>(what: What, key: string, answer: () => T): Promise<T>
  /** Asks over HTTP. `heeds`: the signal it listens to; null: none, and the answer comes too late. */
  load(channel: string, heeds: AbortSignal | null, signal: AbortSignal): Promise<State>
  token(client: string, user: string, reason: string, signal: AbortSignal): Promise<unknown>
  diagnose(signal: AbortSignal): Promise<Diagnosis>
}

/** What they need. */
export interface AskingHost {
  readonly world: World
  readonly machine: Machine
  readonly node: ServerNode
  readonly truth: Truth
  readonly tokens: Tokens
  record(happening: Happening): void
}

const REQUEST = 600
const SLOW = 4_000

/** The app's functions, all well. */
export function createAsking({ world, machine, node, truth, tokens, record }: AskingHost): Asking {
  let pending = 0
  const { thread, path, page } = machine

  /** One call: `go` is given what ends it well, and badly. Ends once, also by the signal. */
  const begin = <T>(
    what: What,
    key: string,
    signals: readonly [heeds: AbortSignal | null, told: AbortSignal | null],
    go: (resolve: (value: T) => void, reject: (why: string) => void) => void,
  ): Promise<T> => {
    record({ kind: 'asked', what, key })
    // Nobody can call off the search for a url.
    const weight = what === 'url' ? 0 : 1
    pending += weight
    world.stir()
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      pending -= weight
      record({ kind: 'answered', what, key })
    }
    return new Promise<T>((resolve, reject) => {
      const [heeds, told] = signals
      told?.addEventListener('abort', over)
      heeds?.addEventListener('abort', () => {
        world.stir()
        reject(new Error('aborted'))
      })
      const end = (settle: () => void): void =>
        thread.do(() => {
          over()
          world.stir()
          settle()
        })
      go(
        (value) => end(() => resolve(value)),
        (why) => end(() => reject(new Error(why))),
      )
    })
  }

  /** A request over HTTP: there, served by the same process, and back. */
  const fetch = <T>(
    mood: Mood,
    serve: () => T,
    resolve: (value: T) => void,
    reject: (why: string) => void,
  ): void => {
    if (!page.isOnline()) return void world.after(1, () => reject('offline'))
    if (mood === 'hangs') return
    const back = (settle: () => void): void => path.pipe('down').send(REQUEST, settle)
    const answer = (): void => {
      const failed = mood === 'fails' || node.slowness === null
      const ms = (node.slowness ?? 0) + (mood === 'slow' ? SLOW : 1)
      world.after(ms, () => {
        if (failed) return back(() => reject('500'))
        const value = serve()
        back(() => resolve(value))
      })
    }
    path.pipe('up').send(REQUEST, () => node.serve(answer, () => back(() => reject('502'))))
  }

  const asking: Asking = {
    http: 'well',
    tokens: 'well',
    get pending() {
      return pending
    },
    ask: (what, key, answer) =>
      begin(what, key, [null, null], (resolve) => void world.after(1, () => resolve(answer()))),
    load: (channel, heeds, signal) =>
      begin('load', channel, [heeds, signal], (resolve, reject) =>
        fetch(asking.http, () => truth.read(channel), resolve, reject),
      ),
    token(client, user, reason, signal) {
      const mood = asking.tokens
      // Not even asynchronous: an app's function may do as it likes.
      if (mood === 'fails' && client.length % 2 === 0) throw new Error(`no token for ${client}`)
      return begin<unknown>('auth', '', [signal, signal], (resolve, reject) => {
        if (mood === 'empty') return void world.after(1, () => resolve(''))
        fetch(
          mood === 'expired' ? 'well' : mood,
          () => ({ token: mood === 'expired' ? tokens.stale(user) : tokens.issue(user, reason) }),
          resolve,
          reject,
        )
      })
    },
    diagnose: (signal) =>
      begin<Diagnosis>('diagnose', '', [signal, signal], (resolve, reject) =>
        fetch(asking.http, () => (node.front === 'refuse' ? { after: 5_000 } : 'retry'), resolve, reject),
      ),
  }
  return asking
}
