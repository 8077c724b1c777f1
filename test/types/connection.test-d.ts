// What apps may write against the types of the core, and what the compiler must refuse.
import { expectTypeOf, test } from 'vitest'
import type { Connection, StandardSchemaV1, StateSnapshot } from '../../src/index.ts'

interface Queue {
  readonly waiting: number
}
declare const live: Connection
declare const schema: StandardSchemaV1<unknown, Queue>

test('[E1] a channel without a type is read as unknown, with one as that type', () => {
  expectTypeOf(live.state('queue').getSnapshot().data).toEqualTypeOf<unknown>()
  expectTypeOf(live.state<Queue>('queue').getSnapshot()).toEqualTypeOf<StateSnapshot<Queue>>()
})

test('[E1] the type of a channel is taken from its schema', () => {
  expectTypeOf(live.state('queue', { schema }).getSnapshot()).toEqualTypeOf<StateSnapshot<Queue>>()
  // @ts-expect-error - the schema says Queue
  live.state<number>('queue', { schema })
})

test('[B10] data is there for every freshness but unknown', () => {
  const snapshot = live.state<Queue>('queue').getSnapshot()
  if (snapshot.freshness === 'unknown') expectTypeOf(snapshot.data).toEqualTypeOf<undefined>()
  else expectTypeOf(snapshot.data).toEqualTypeOf<Queue>()
})

test('[E1] listeners get what their event carries', () => {
  live.on('status', ({ status, previous }) => expectTypeOf(status).toEqualTypeOf(previous))
  live.on('message', ({ data }) => expectTypeOf(data).toEqualTypeOf<unknown>())
  // @ts-expect-error - there is no such event
  live.on('opened', () => {})
})

test('[B1] a send says what became of it, and never more than is known', async () => {
  const sent = await live.send('chat', { text: 'hello' })
  if (!sent.ok) expectTypeOf(sent.maybeDelivered).toEqualTypeOf<boolean>()
  else expectTypeOf(sent.outcome).toEqualTypeOf<'acked' | 'written'>()
})
