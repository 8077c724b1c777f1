// What the kit is told: the options of `holdfast conform`, read and checked.
import { parseArgs } from 'node:util'

/** The levels of the protocol; each one includes those below. */
export type Level = 0 | 1 | 2 | 3

/** The options of a run. */
export interface Settings {
  /** ws: or wss:. */
  readonly url: string
  /** The highest level to try. */
  readonly level: Level
  /** For `client_ready`; undefined: the server asks for none. */
  readonly auth: unknown
  /** Credentials that must be refused; undefined: not given. */
  readonly badAuth: unknown
  /** Headers of each upgrade, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** A channel to subscribe and publish to; null: not given. */
  readonly channel: string | null
  /** A channel that the credentials may not read; null: not given. */
  readonly forbiddenChannel: string | null
  /** Milliseconds to wait for one answer. */
  readonly timeout: number
}

/** The run that was asked for, or `help`, or what is wrong with the question. */
export type Asked =
  | { readonly kind: 'run'; readonly settings: Settings; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }

/** What `--help` prints. */
export const help = `Usage: holdfast conform <url> --level <0|1|2|3> [options]

Tries whether a server keeps the wire protocol of holdfast, level by level, as a client sees it. Point it at a server for tests:
it sends garbage, floods and, from level 2 on, publishes messages.

  --level <n>                 The level that the server claims; all levels up to it are tried. Required.
  --auth <json>               Credentials for client_ready, as a client would send them: '{"token":"..."}'.
  --bad-auth <json>           Credentials that the server must refuse.
  --header <name: value>      A header for every upgrade (a cookie, an origin). May be given more than once.
  --channel <name>            A channel to subscribe and publish to.
  --forbidden-channel <name>  A channel that exists, and that these credentials may neither read nor write.
  --timeout <ms>              How long to wait for one answer, from 100 to 60000. Default 5000.
  --json                      The report as JSON.

What the server must offer:
  level 0    --auth where it wants credentials.
  level 1    The same, and --bad-auth to see them refused.
  level 2    --channel: any JSON may be published to it, and nobody else publishes meanwhile. Channels whose names begin with it and
             a colon (name:anything) are tried where the server allows them. --forbidden-channel to see a refusal.
  level 3    The same, and the channel keeps at least its last 30 messages for a minute.

What cannot be tried is reported as skipped, with the reason, never as passed. Without --channel levels 2 and 3 are not reached.
Exit status: 0 the level is reached, 1 it is not, 2 wrong usage.
`

const flags = {
  level: { type: 'string' },
  auth: { type: 'string' },
  'bad-auth': { type: 'string' },
  header: { type: 'string', multiple: true },
  channel: { type: 'string' },
  'forbidden-channel': { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads the arguments after `holdfast`. */
export function readArguments(given: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({ args: [...given], options: flags, allowPositionals: true })
    if (values.help === true || given.length === 0) return { kind: 'help' }
    const [command, url = '', ...rest] = positionals
    if (command !== 'conform') return wrong(`There is no command "${command ?? ''}".`)
    if (rest.length > 0) return wrong(`One url at a time: what is "${rest.join(' ')}"?`)
    if (!/^wss?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
      return wrong('The url must begin with ws:// or wss://.')
    if (!/^[0-3]$/.test(values.level ?? '')) return wrong('--level must be 0, 1, 2 or 3.')
    const timeout = Number(values.timeout ?? 5_000)
    if (!(timeout >= 100 && timeout <= 60_000)) return wrong('--timeout must be from 100 to 60000.')
    const settings: Settings = {
      url,
      level: Number(values.level) as Level,
      auth: readJson('--auth', values.auth),
      badAuth: readJson('--bad-auth', values['bad-auth']),
      headers: Object.fromEntries((values.header ?? []).map(readHeader)),
      channel: readChannel('--channel', values.channel),
      forbiddenChannel: readChannel('--forbidden-channel', values['forbidden-channel']),
      timeout,
    }
    return { kind: 'run', settings, json: values.json === true }
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error))
  }
}

function wrong(why: string): Asked {
  return { kind: 'wrong', why }
}

function readJson(name: string, text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    // What was given may be a secret: it is not repeated.
    throw new TypeError(`${name} must be JSON, such as '{"token":"..."}'.`)
  }
}

function readHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([\w-]+):\s*([\x20-\x7e]+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new TypeError(`--header must be "name: value".`)
  return [name.toLowerCase(), value]
}

function readChannel(name: string, text: string | undefined): string | null {
  if (text === undefined) return null
  // Room for a colon and a name of the kit's own.
  if (/^[\x21-\x7e]{1,230}$/.test(text)) return text
  throw new TypeError(`${name} must have 1 to 230 printable characters and no space.`)
}
