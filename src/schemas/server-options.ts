// The server's options as a schema, so that a wrong one is refused by its name.
import * as z from 'zod/mini'

const DAY = 86_400_000

function must(be: string, holds: (value: unknown) => boolean): z.ZodMiniCustom {
  return z.custom(holds, `must be ${be}`)
}

function whole(min: number, max: number): z.ZodMiniCustom {
  const holds = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
  return must(`a whole number from ${min} to ${max}`, holds)
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
const isFunction = (value: unknown): boolean => typeof value === 'function'
/** Exactly what a browser sends: scheme and host, no path, no slash at the end. */
const isOrigin = (value: unknown): boolean =>
  typeof value === 'string' && /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(value)

const aFunction = z.optional(must('a function', isFunction))
const anObject = z.optional(must('an object', isObject))
const limit = must('a whole number above 0, or Infinity', (value) => value === Infinity || isCount(value))
const isPath = (value: unknown): boolean => typeof value === 'string' && /^\/[^?#]*$/.test(value)
const isOrigins = (value: unknown): boolean =>
  isFunction(value) || (Array.isArray(value) && value.every(isOrigin))
const isSchema = (value: unknown): boolean =>
  (isObject(value) || isFunction(value)) && '~standard' in Object(value)
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity
const maxEventBytes = must(
  'a whole number above 0, or a function',
  (value) => isFunction(value) || isCount(value),
)
const deflate = z.strictObject({ level: whole(1, 9), threshold: whole(0, 10_485_760) })

const kept = z.strictObject({ size: must('a whole number above 0', isCount), ttl: whole(1, DAY) })

const serverOptions = z.strictObject({
  path: z._default(must('a path that begins with /', isPath), '/ws'),
  origins: z.optional(must('a function or a list of origins such as https://app.example', isOrigins)),
  authenticate: aFunction,
  authorize: aFunction,
  snapshot: aFunction,
  events: z.optional(z.record(z.string(), must('a Standard Schema', isSchema))),
  message: aFunction,
  broker: anObject,
  history: z._default(z.record(z.string(), z.union([z.literal(false), kept])), {}),
  heartbeat: z._default(z.strictObject({ interval: whole(1, DAY), timeout: whole(1, DAY) }), {
    interval: 15_000,
    timeout: 5_000,
  }),
  handshakeTimeout: z._default(whole(1, DAY), 10_000),
  maxPayload: z._default(whole(1, 10_485_760), 65_536),
  maxEventBytes: z._default(maxEventBytes, 1_024),
  compression: z._default(z.union([z.literal(false), deflate]), false),
  acceptRate: z._default(must('a number above 0', isPositive), 300),
  limits: z.prefault(
    z.strictObject({
      bufferedBytes: z._default(limit, 1_048_576),
      connections: z._default(limit, 20_000),
      connectionsPerUser: z._default(limit, 20),
      connectionsPerIp: z._default(limit, 100),
      subscriptions: z._default(must('a whole number above 0', isCount), 128),
      subscriptionsPerMinute: z._default(must('a whole number above 0', isCount), 60),
      messagesPerMinute: z._default(must('a whole number above 0', isCount), 600),
    }),
    {},
  ),
  trustedProxies: z._default(whole(0, 100), 0),
  logger: anObject,
  runtime: anObject,
})

/** The options with their defaults. Throws a TypeError that names the first one which cannot work. */
export function parseServerOptions(options: unknown): unknown {
  const { data, error } = serverOptions.safeParse(options)
  const issue = error?.issues[0]
  if (issue !== undefined) {
    const at = issue.path.join('.')
    if (issue.code === 'unrecognized_keys') {
      const keys = issue.keys.map((key) => (at === '' ? key : `${at}.${key}`))
      throw new TypeError(`createServer: there is no option ${keys.join(', ')}.`)
    }
    const what = issue.message === 'Invalid input' ? 'has a wrong type or a missing part' : issue.message
    throw new TypeError(`createServer: ${at === '' ? 'the options' : at} ${what}.`)
  }
  if (data?.snapshot !== undefined && data.events === undefined)
    throw new TypeError('createServer: snapshot needs events, whose keys say what has first data.')
  return data
}
