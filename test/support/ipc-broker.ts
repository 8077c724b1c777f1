// A broker that outlives the servers which use it: lendBroker() in the process that has it, borrowBroker() in a child process.
import type { Broker, Position, Publication, PublishOptions } from '../../src/server/index.ts'

/** What a child asks of the broker; `leave` names the subscription that it ends. */
export type BrokerRequest = { readonly id: number } & (
  | {
      readonly ask: 'publish'
      readonly channel: string
      readonly data: string
      readonly options: PublishOptions
    }
  | { readonly ask: 'subscribe'; readonly channel: string }
  | { readonly ask: 'leave'; readonly subscription: number }
  | {
      readonly ask: 'history'
      readonly channel: string
      readonly since: Position | null
      readonly limit: number | null
    }
)

/** What it is told: an answer, or what was published to one of its subscriptions. */
export type BrokerTold =
  | { readonly id: number; readonly answer?: unknown; readonly error?: string }
  | { readonly subscription: number; readonly publication: Publication }

/** Answers one child; `tell` must keep the order. */
export function lendBroker(
  broker: Broker,
  tell: (told: BrokerTold) => void,
): { hear(request: BrokerRequest): void; end(): void } {
  const leaves = new Map<number, () => void>()
  let ended = false

  const answer = async (request: BrokerRequest): Promise<unknown> => {
    switch (request.ask) {
      case 'publish':
        return broker.publish(request.channel, request.data, request.options)
      case 'history':
        return broker.history(request.channel, request.since, request.limit ?? undefined)
      case 'leave':
        leaves.get(request.subscription)?.()
        leaves.delete(request.subscription)
        return null
      case 'subscribe': {
        const subscription = request.id
        const leave = await broker.subscribe(
          request.channel,
          (publication) => tell({ subscription, publication }),
          () => undefined,
        )
        if (ended) leave()
        else leaves.set(subscription, leave)
        return null
      }
    }
  }
  return {
    hear(request) {
      const { id } = request
      void answer(request).then(
        (result) => !ended && tell({ id, answer: result }),
        (error: unknown) => !ended && tell({ id, error: String(error) }),
      )
    },
    end() {
      ended = true
      for (const leave of leaves.values()) leave()
    },
  }
}

/** In the child: the same broker, as far as a server can tell. */
export function borrowBroker(ask: (request: BrokerRequest) => void): {
  readonly broker: Broker
  hear(told: BrokerTold): void
} {
  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>()
  const listeners = new Map<number, (publication: Publication) => void>()
  let count = 0
  const request = <T>(make: (id: number) => BrokerRequest): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      count += 1
      waiting.set(count, { resolve, reject })
      ask(make(count))
    })
  return {
    broker: {
      kind: 'ipc',
      shared: true,
      ack: 'stored',
      publish: (channel, data, options = {}) =>
        request((id) => ({ id, ask: 'publish', channel, data, options })),
      async subscribe(channel, onPublication) {
        let subscription = 0
        await request((id) => {
          subscription = id
          // Before it is asked for: what follows the answer may arrive together with it.
          listeners.set(id, onPublication)
          return { id, ask: 'subscribe', channel }
        })
        return () => {
          if (listeners.delete(subscription)) void request((id) => ({ id, ask: 'leave', subscription }))
        }
      },
      history: (channel, since = null, limit) =>
        request((id) => ({ id, ask: 'history', channel, since, limit: limit ?? null })),
      close: () => Promise.resolve(),
    },
    hear(told) {
      if ('publication' in told) return listeners.get(told.subscription)?.(told.publication)
      const { id, answer, error } = told
      if (error === undefined) waiting.get(id)?.resolve(answer as never)
      else waiting.get(id)?.reject(new Error(error))
      waiting.delete(id)
    },
  }
}
