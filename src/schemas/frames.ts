// The frames of levels 0 and 1 as zod schemas. Unknown fields are kept, as the protocol asks.
import * as z from 'zod/mini'
import type {
  ClientReady,
  ErrorFrame,
  Frame,
  GoAway,
  Notice,
  Ping,
  Pong,
  ServerReady,
} from '../protocol/frames.ts'

const type = z.string().check(z.maxLength(64), z.regex(/^[\w.:-]+$/))
const id = z.string().check(z.regex(/^[\w-]{1,64}$/))
const duration = z.number().check(z.minimum(0))
const text = z.string().check(z.maxLength(255))

/** What every frame is: an object with a legal `type`. Accepts exactly what the package's own parser does. */
export const frame: z.ZodMiniType<Frame> = z.looseObject({ type })

/** The first frame of a client; without `v` it is a plain one. */
export const clientReady: z.ZodMiniType<ClientReady> = z.looseObject({
  type: z.literal('client_ready'),
  v: z.exactOptional(z.literal(1)),
  client: z.exactOptional(z.looseObject({ id, lib: z.string() })),
  auth: z.exactOptional(z.unknown()),
  caps: z.exactOptional(z.array(z.string())),
})

/** Either side asks, the other answers with a pong of the same timestamp. */
export const ping: z.ZodMiniType<Ping> = z.looseObject({
  type: z.literal('ping'),
  timestamp: z.exactOptional(z.unknown()),
})

/** The answer to a ping; never answered itself. */
export const pong: z.ZodMiniType<Pong> = z.looseObject({
  type: z.literal('pong'),
  timestamp: z.exactOptional(z.unknown()),
})

/** The first frame of a level-1 server. */
export const serverReady: z.ZodMiniType<ServerReady> = z.looseObject({
  type: z.literal('server_ready'),
  v: z.int(),
  session: z.exactOptional(z.looseObject({ id: z.string() })),
  heartbeat: z.exactOptional(z.looseObject({ interval: duration, timeout: duration })),
  max_message_bytes: z.exactOptional(z.int().check(z.positive())),
  caps: z.exactOptional(z.array(z.string())),
  ack: z.exactOptional(z.string()),
  dedup_window: z.exactOptional(duration),
  limits: z.exactOptional(
    z.looseObject({
      channels: z.exactOptional(z.int().check(z.positive())),
      rate: z.exactOptional(z.looseObject({ per: duration, max: z.number().check(z.positive()) })),
    }),
  ),
  reconnect: z.exactOptional(z.looseObject({ window: duration })),
})

/** The server will close within `grace`. */
export const goAway: z.ZodMiniType<GoAway> = z.looseObject({
  type: z.literal('rt.go_away'),
  code: z.string(),
  reconnect: z.exactOptional(
    z.union([
      z.literal(false),
      z.looseObject({ min: z.exactOptional(duration), spread: z.exactOptional(duration) }),
    ]),
  ),
  grace: z.exactOptional(duration),
  fallback: z.exactOptional(z.string()),
})

/** Something is wrong with what the client sent, or with the connection. */
export const errorFrame: z.ZodMiniType<ErrorFrame> = z.looseObject({
  type: z.literal('rt.error'),
  id: z.exactOptional(id),
  code: z.string(),
  message: z.string(),
  retryable: z.exactOptional(z.boolean()),
  retry_after: z.exactOptional(duration),
  channel: z.exactOptional(text),
})

/** Standing advice that changed. */
export const notice: z.ZodMiniType<Notice> = z.looseObject({
  type: z.literal('rt.notice'),
  auth: z.exactOptional(z.looseObject({ expires_in: duration })),
  reconnect: z.exactOptional(z.looseObject({ window: duration })),
})
