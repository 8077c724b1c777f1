// checkStateOptions() refuses options of a state channel that cannot work, by name; toRules() is what they mean to the machine.
import type { ChannelContext } from './model.ts'
import type { StateOptions } from './state-snapshot.ts'

const functions = ['load', 'pick', 'version'] as const
const durations = ['loadTimeout', 'spread'] as const

/**
 * The same options, if they can work.
 * @throws TypeError naming the channel and the option
 */
export function checkStateOptions<T>(name: string, options: StateOptions<T>): StateOptions<T> {
  const refuse = (option: string, rule: string): never => {
    throw new TypeError(`state('${name}'): ${option} must be ${rule}`)
  }
  if (typeof name !== 'string' || name === '') refuse('name', 'a string that is not empty')
  for (const option of functions) {
    const value = options[option]
    if (value !== undefined && typeof value !== 'function') refuse(option, 'a function')
  }
  for (const option of durations) {
    const value = options[option]
    if (value !== undefined && !(value >= 0 && value <= 86_400_000))
      refuse(option, 'a number from 0 to 86400000')
  }
  const { pollEvery, onMessage, compare, load, message } = options
  if (typeof pollEvery === 'number' && !(pollEvery > 0 && pollEvery <= 86_400_000)) {
    refuse('pollEvery', 'false, a function or a number above 0, at most 86400000')
  }
  if (
    onMessage !== undefined &&
    onMessage !== 'replace' &&
    onMessage !== 'reload' &&
    typeof onMessage !== 'function'
  ) {
    refuse('onMessage', `'replace', 'reload' or a function`)
  }
  if (onMessage === 'reload' && !load) refuse('load', `given with onMessage: 'reload'`)
  if (compare && typeof compare !== 'function') refuse('compare', 'false or a function')
  if (message !== undefined && [message].flat().some((type) => typeof type !== 'string'))
    refuse('message', 'a frame type or several')
  return options
}

type Rules = Pick<ChannelContext, 'mode' | 'canLoad' | 'hasInitial' | 'loadTimeout' | 'interval' | 'spread'>

/** The options as the machine knows them, with their defaults. `complain` is told what a `pollEvery` of the app's threw. */
export function toRules<T>(
  options: StateOptions<T>,
  data: T | undefined,
  complain: (cause: unknown) => void,
): Rules {
  const {
    onMessage = 'replace',
    load,
    initial,
    loadTimeout = 10_000,
    pollEvery = 10_000,
    spread = 1_000,
  } = options
  let every: number | false = 10_000
  try {
    every = typeof pollEvery === 'function' ? pollEvery(data) : pollEvery
  } catch (cause) {
    complain(cause)
  }
  return {
    mode: typeof onMessage === 'function' ? 'change' : onMessage,
    canLoad: load !== undefined,
    hasInitial: initial !== undefined,
    loadTimeout,
    interval: every === false ? null : every < 86_400_000 ? Math.max(1_000, every) : 10_000,
    spread,
  }
}
