// checkStateOptions() refuses options of a state channel that cannot work, by name; toContext() is what they mean to the machine.
import { check, checkFunction, checkNumber, has } from '../lib/check.ts'
import type { StandardSchemaV1 } from '../lib/standard-schema.ts'
import type { ChannelHost, Feed } from './feed.ts'
import type { ChannelContext } from './model.ts'
import type { StateOptions } from './state-snapshot.ts'

const DAY = 86_400_000

/**
 * The same options, if they can work.
 * @throws TypeError naming the channel and the option
 */
export function checkStateOptions<T>(name: string, options: StateOptions<T>): StateOptions<T> {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('the name of a channel must be a string, not empty')
  const { load, pollEvery, onMessage, compare, message } = options
  const at = (option: string): string => `state('${name}'): ${option}`
  for (const option of ['load', 'pick', 'version'] as const) checkFunction(at(option), options[option])
  checkNumber(at('loadTimeout'), options.loadTimeout, 1, DAY)
  checkNumber(at('spread'), options.spread, 0, DAY)
  for (const option of ['schema', 'messageSchema'] as const)
    check(at(option), options[option], isSchema, 'a Standard Schema')
  if (typeof pollEvery === 'number') checkNumber(at('pollEvery'), pollEvery, 1, DAY)
  else if (pollEvery !== false) checkFunction(at('pollEvery, if not false or a number,'), pollEvery)
  if (onMessage !== 'replace' && onMessage !== 'reload')
    checkFunction(at(`onMessage, if not 'replace' or 'reload',`), onMessage)
  else if (onMessage === 'reload' && !load) throw new TypeError(`${at('load')} must be given to reload with`)
  if (compare !== false) checkFunction(at('compare, if not false,'), compare)
  const isType = (type: unknown): boolean => typeof type === 'string'
  check(at('message'), message, (types) => [types].flat().every(isType), 'a frame type or several')
  return options
}

function isSchema(value: unknown): boolean {
  const isHolder = has()(value) || typeof value === 'function'
  return isHolder && has('validate')((value as StandardSchemaV1)['~standard'])
}

/**
 * What the machine is told with an event: the options with their defaults, and the surroundings. What few events need is looked up only
 * by them: the interval follows `data`, and `complain` is told what a `pollEvery` of the app's threw.
 */
export function toContext<T>(
  options: StateOptions<T>,
  host: ChannelHost,
  feed: Feed,
  data: T | undefined,
  complain: (cause: unknown) => void,
): ChannelContext {
  const { onMessage = 'replace', load, initial, version, loadTimeout = 10_000, spread = 1_000 } = options
  return {
    now: host.timeline.now(),
    random: host.random(),
    mode: typeof onMessage === 'function' ? 'change' : onMessage,
    canLoad: load !== undefined,
    hasInitial: initial !== undefined,
    versioned: version !== undefined,
    loadTimeout,
    spread,
    linger: host.linger,
    grace: host.grace,
    get interval() {
      return toInterval(options.pollEvery, data, complain)
    },
    get surroundings() {
      return host.surroundings(feed)
    },
  }
}

function toInterval<T>(
  pollEvery: StateOptions<T>['pollEvery'] = 10_000,
  data: T | undefined,
  complain: (cause: unknown) => void,
): number | null {
  let every: number | false = 10_000
  try {
    every = typeof pollEvery === 'function' ? pollEvery(data) : pollEvery
  } catch (cause) {
    complain(cause)
  }
  if (every === false) return null
  // It may follow hostile data, whatever its type says: not even compared before it is known for a number.
  return typeof every === 'number' && every < DAY ? Math.max(1_000, every) : 10_000
}
