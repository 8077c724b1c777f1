// What a client was made with, as far as the rules depend on it.
import type { StateOptions } from '../../../src/index.ts'
import type { ResolvedOptions } from '../../../src/options.ts'
import type { ClientFacts } from './entry.ts'

/** The defaults that the machine fills in where neither the app nor the server says anything (G3, G4). */
const interval = 15_000
const timeout = 5_000
const attempts = 40
const windowed = 120

/** The facts of a client with these options and channels. */
export function toFacts(
  { given, tuning, outbox, sendWatermark }: ResolvedOptions,
  channels: { readonly [name: string]: StateOptions<never> },
): ClientFacts {
  const { heartbeat, reconnect } = tuning
  const { budget } = reconnect
  return {
    heartbeat: heartbeat && {
      interval: heartbeat.interval ?? interval,
      timeout: heartbeat.timeout ?? timeout,
      probe: heartbeat.probe,
      advised: (['interval', 'timeout'] as const).filter((key) => heartbeat[key] === null),
    },
    budget: {
      attempts: budget.attempts ?? attempts,
      windowed: budget.attempts ?? windowed,
      per: budget.per,
    },
    minDelay: reconnect.minDelay,
    minUptime: reconnect.minUptime,
    // A trace may travel as JSON, which has no Infinity.
    maxAttempts: Math.min(reconnect.maxAttempts, Number.MAX_SAFE_INTEGER),
    hasAuth: given.auth !== undefined,
    outbox: { messages: outbox.messages, bytes: outbox.bytes },
    sendWatermark,
    channels: Object.fromEntries(
      Object.entries(channels).map(([name, { onMessage = 'replace', load, pollEvery = 10_000, version }]) => [
        name,
        {
          kind: typeof onMessage === 'function' ? 'change' : onMessage,
          loads: load !== undefined,
          pollEvery: typeof pollEvery === 'number' ? pollEvery : null,
          versioned: version !== undefined,
        },
      ]),
    ),
  }
}
