// The frames of levels 2 and 3 as zod schemas. Unknown fields are kept, as the protocol asks.
import * as z from 'zod/mini'
import type {
  Ack,
  Message,
  Publish,
  Renew,
  Subscribe,
  Subscribed,
  Unsubscribe,
  Unsubscribed,
} from '../protocol/channel-frames.ts'

const id = z.string().check(z.regex(/^[\w-]{1,64}$/))
const channel = z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/))
const epoch = z.string().check(z.maxLength(64))
const offset = z.int().check(z.minimum(0))

/** Asks for a channel. */
export const subscribe: z.ZodMiniType<Subscribe> = z.looseObject({
  type: z.literal('rt.subscribe'),
  id,
  channel,
  params: z.exactOptional(z.looseObject({ history: z.exactOptional(z.number()) })),
  since: z.exactOptional(z.looseObject({ epoch, offset })),
})

/** The position now, and how many messages follow before the live ones. */
export const subscribed: z.ZodMiniType<Subscribed> = z.looseObject({
  type: z.literal('rt.subscribed'),
  id,
  channel,
  epoch: z.exactOptional(epoch),
  offset: z.exactOptional(offset),
  recovered: z.exactOptional(z.boolean()),
  replay: z.exactOptional(offset),
  data: z.exactOptional(z.unknown()),
})

/** One message of a channel. */
export const message: z.ZodMiniType<Message> = z.looseObject({
  type: z.literal('rt.message'),
  channel,
  ref: id,
  data: z.unknown(),
  epoch: z.exactOptional(epoch),
  offset: z.exactOptional(offset),
  prev: z.exactOptional(offset),
})

/** Gives a channel up. */
export const unsubscribe: z.ZodMiniType<Unsubscribe> = z.looseObject({
  type: z.literal('rt.unsubscribe'),
  id,
  channel,
})

/** The answer to that, or the server's own wish. */
export const unsubscribed: z.ZodMiniType<Unsubscribed> = z.looseObject({
  type: z.literal('rt.unsubscribed'),
  channel,
  id: z.exactOptional(id),
  ref: z.exactOptional(id),
  code: z.exactOptional(z.string()),
  retry: z.exactOptional(z.boolean()),
})

/** Publishes once. */
export const publish: z.ZodMiniType<Publish> = z.looseObject({
  type: z.literal('rt.publish'),
  id,
  channel,
  data: z.unknown(),
  retry: z.exactOptional(z.boolean()),
})

/** New credentials. */
export const renew: z.ZodMiniType<Renew> = z.looseObject({
  type: z.literal('rt.auth'),
  id,
  auth: z.unknown(),
})

/** The good answer to a request. */
export const ack: z.ZodMiniType<Ack> = z.looseObject({
  type: z.literal('rt.ack'),
  id,
  epoch: z.exactOptional(epoch),
  offset: z.exactOptional(offset),
  duplicate: z.exactOptional(z.boolean()),
  data: z.exactOptional(z.unknown()),
})
