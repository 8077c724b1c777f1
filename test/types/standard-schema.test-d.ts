// Our Standard Schema interface is the published one, and zod's schemas fit it.
import type { StandardSchemaV1 as Published } from '@standard-schema/spec'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { Connection, InferOutput, StandardSchemaV1, StateSnapshot } from '../../src/index.ts'

declare const live: Connection

test('[E1] any schema of the published interface is one of ours', () => {
  expectTypeOf<Published<string, number>>().toExtend<StandardSchemaV1<string, number>>()
  expectTypeOf<InferOutput<Published<string, number>>>().toEqualTypeOf<number>()
})

test('[E1] a channel takes its type from a zod schema, transformed or not', () => {
  const queue = live.state('queue', { schema: z.object({ waiting: z.string().transform(Number) }) })
  expectTypeOf(queue.getSnapshot()).toEqualTypeOf<StateSnapshot<{ waiting: number }>>()
  const small = live.state('queue', { schema: mini.object({ waiting: mini.number() }) })
  expectTypeOf(small.getSnapshot()).toEqualTypeOf<StateSnapshot<{ waiting: number }>>()
})
