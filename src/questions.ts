// What the app, or its gate, is asked for an attempt: the url, credentials, a diagnosis, a place in the queue. Each can be cancelled.
import { toUrl } from './lib/url.ts'
import type { Event, Failure, Id } from './machine/model.ts'
import type { ResolvedOptions } from './options.ts'
import { isObject, toDuration } from './protocol/frames.ts'
import type { Identity } from './protocol/protocol.ts'

/** Who is told the answers. */
export interface QuestionsHost {
  /** Brings an event in, in a turn of its own. */
  dispatch(event: Event): void
  /** New credentials were given: what must never be shown. */
  onSecret(auth: unknown): void
}

/** The questions, by the request they answer; and the latest answers. */
export interface Questions {
  /** The url and the credentials. */
  prepare(request: Id, reason: 'connect' | 'expired'): void
  /** New credentials alone, for the link that is there. */
  renew(request: Id): void
  diagnose(request: Id, failures: number): void
  /** A place among all that connect. */
  queue(request: Id): void
  /** Nobody wants to know any more; gives back a place in the queue. */
  cancel(request: Id): void
  /** Where to connect to; empty before the first answer. */
  readonly url: string
  /** What to say there first. */
  readonly hello: readonly string[]
}

/** Nothing was asked yet. */
export function createQuestions(
  { given, priority, protocol, runtime: { clock, page, random } }: ResolvedOptions,
  { dispatch, onSecret }: QuestionsHost,
): Questions {
  const identity: Identity = { id: `c_${token(random)}`, lib: 'holdfast/0.1.0' }
  const cancels = new Map<Id, () => void>()
  let target = ''
  let hello: readonly string[] = []

  const prepared = (request: Id, url: string, credentials: unknown): void => {
    try {
      target = toUrl(url, page.address())
    } catch (cause) {
      // An address that is wrong now will be wrong again, unless a function may find a better one.
      return dispatch({
        type: 'unprepared',
        request,
        failure: { code: 'connect-failed', cause },
        fatal: url === given.url,
      })
    }
    greet(request, credentials, () => protocol.hello(credentials, identity))
  }

  const greet = (request: Id, credentials: unknown, write: () => readonly string[]): void => {
    try {
      onSecret(credentials)
      hello = write()
    } catch (cause) {
      // Credentials that cannot be written are none.
      return dispatch({ type: 'unprepared', request, failure: { code: 'auth-failed', cause }, fatal: false })
    }
    dispatch({ type: 'prepared', request })
  }

  /** One call of the app's, which may be cancelled; whatever it gives then finds its request gone. */
  const ask = <T>(
    request: Id,
    call: (signal: AbortSignal) => Promise<T>,
    done: (value: T) => void,
    failed: (cause: unknown) => void,
  ): void => {
    const controller = new AbortController()
    cancels.set(request, () => controller.abort())
    const answered = <V>(then: (value: V) => void) => {
      return (value: V): void => {
        cancels.delete(request)
        then(value)
      }
    }
    call(controller.signal).then(answered(done), answered(failed))
  }

  return {
    prepare(request, reason) {
      const { url } = given
      // Without functions to ask, the answer is there at once.
      if (typeof url !== 'function' && !given.auth) {
        prepared(request, url, undefined)
        return
      }
      let code: Failure['code'] = 'connect-failed'
      ask(
        request,
        async (signal) => {
          const address = typeof url === 'function' ? await url() : url
          code = 'auth-failed'
          // Cancelled meanwhile: nobody is asked for credentials any more (G8).
          signal.throwIfAborted()
          return [address, await given.auth?.({ reason, signal })] as const
        },
        ([address, credentials]) => prepared(request, address, credentials),
        (cause) => dispatch({ type: 'unprepared', request, failure: { code, cause }, fatal: false }),
      )
    },
    renew: (request) =>
      ask(
        request,
        async (signal) => await given.auth?.({ reason: 'expired', signal }),
        (credentials) =>
          greet(request, credentials, () => [protocol.renew?.(credentials, `a${request}`) ?? []].flat()),
        (cause) =>
          dispatch({ type: 'unprepared', request, failure: { code: 'auth-failed', cause }, fatal: false }),
      ),
    diagnose: (request, failures) =>
      ask(
        request,
        async (signal) => given.diagnose?.({ failures, signal }),
        (found) => {
          const after = isObject(found) ? toDuration(found.after) : null
          const verdict = after ?? (found === 'refresh' || found === 'fatal' ? found : 'retry')
          dispatch({ type: 'diagnosed', request, verdict })
        },
        () => dispatch({ type: 'diagnosed', request, verdict: 'retry' }),
      ),
    queue(request) {
      const enter = (): void => dispatch({ type: 'admitted', request })
      if (given.gate) cancels.set(request, given.gate.queue({ priority, clock, enter }))
      else enter()
    },
    cancel(request) {
      cancels.get(request)?.()
      cancels.delete(request)
    },
    get url() {
      return target
    },
    get hello() {
      return hello
    },
  }
}

/** Sixteen letters and digits: unique, not secret. */
function token(random: () => number): string {
  return Array.from({ length: 16 }, () => Math.floor(random() * 36).toString(36)).join('')
}
