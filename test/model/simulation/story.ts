// A trace told in plain words, one line per happening, for whoever has to understand what went wrong.
import type { Entry, Fields, Outcome, Violation } from '../trace/entry.ts'

/** The line of an entry; null for what only repeats another. */
export function toLine(entry: Entry): string | null {
  const words = toWords(entry)
  if (words === null) return null
  return `${(entry.at / 1_000).toFixed(3).padStart(11)} s  ${(entry.client || 'world').padEnd(7)} ${words}`
}

/** A violation, as the last line of its story. */
export function toVerdict({ invariant, what, entry }: Violation): string {
  return `${(entry.at / 1_000).toFixed(3).padStart(11)} s  ${(entry.client || 'world').padEnd(7)} ${invariant} IS BROKEN: ${what}`
}

function toWords(entry: Entry): string | null {
  switch (entry.kind) {
    case 'made':
      return `is made: ${JSON.stringify(entry.facts)}`
    case 'event':
      return `  ${entry.machine} <- ${toText(entry.event)}`
    case 'effect':
      return `  ${entry.machine} -> ${toText(entry.effect)}`
    case 'status':
      return `is ${entry.status}, was ${entry.previous}${toDepth(entry.depth)}`
    case 'snapshot': {
      const { status, attempt, circuit, latency, quality, error } = entry.snapshot
      return `shows ${status}, attempt ${attempt}, circuit ${circuit}, ${latency ?? '?'} ms, ${quality}, error ${error ?? 'none'}${toDepth(entry.depth)}`
    }
    case 'channel':
      return `${entry.channel} is ${entry.freshness} by ${entry.source ?? 'nothing'}: ${short(entry.data)}${entry.error ? `, error ${entry.error}` : ''}${toDepth(entry.depth)}`
    case 'message':
      return `hears the message ${entry.type}: ${short(entry.data)}${toDepth(entry.depth)}`
    case 'streamed':
      if (entry.what === 'message')
        return `${entry.channel} tells ${short(entry.data)} at ${entry.offset ?? '?'}${entry.replayed ? ', replayed' : ''}${toDepth(entry.depth)}`
      return `${entry.channel} tells ${entry.what} ${entry.what === 'gap' ? entry.reason : entry.count}${toDepth(entry.depth)}`
    case 'logged':
      return `${entry.channel} keeps ${short(entry.data)} at ${entry.epoch}:${entry.offset}`
    case 'error':
      return `is told of ${entry.code}: ${entry.text.slice(0, 160)}`
    case 'log':
      return null
    case 'call': {
      const { name, ...rest } = entry.call
      return `the app calls ${name}(${Object.values(rest).join(', ')})${entry.isInside ? ' inside a callback' : ''}`
    }
    case 'settled':
      return `promise ${entry.id} ends: ${toEnd(entry.outcome)}`
    case 'asked':
      return `asks the app: ${entry.what} ${entry.key}`
    case 'answered':
      return `the app has answered, or was told to stop: ${entry.what} ${entry.key}`
    case 'inbound':
      return `<= ${entry.text.slice(0, 200)}`
    case 'outbound':
      return `=> ${entry.text.slice(0, 200)}${entry.buffered > 0 ? ` (${entry.buffered} bytes wait)` : ''}`
    case 'sample':
      return `looks: ${entry.snapshot.status}; ${entry.channels.map(({ channel, freshness, data }) => `${channel} ${freshness} ${short(data)}`).join('; ')}`
    case 'page':
      return `its page says ${entry.signal}`
    case 'slept':
    case 'froze':
    case 'blocked':
      return `${entry.kind} for ${(entry.ms / 1_000).toFixed(1)} s`
    case 'left':
      return `is left with ${JSON.stringify(entry.leftovers)}`
    case 'threw':
      return `${entry.where} THREW ${entry.text}`
    case 'session':
      return `  server's end of ${entry.link} ${toText((entry.event ?? entry.effect) as Fields).slice(0, 200)}`
    case 'truth':
      return `the truth of ${entry.channel} is ${short(entry.value)}`
    case 'moved':
      return `*** ${entry.what}`
    case 'healed':
      return '*** from now on everything must come right'
    case 'well':
      return '*** by now everything must have come right'
  }
}

function toText({ type, ...rest }: Fields): string {
  return `${type} ${JSON.stringify(rest)}`
}

function toEnd(outcome: Outcome): string {
  if (typeof outcome === 'string') return outcome
  if ('rejected' in outcome) return `rejected, ${outcome.rejected}`
  return outcome.ok
    ? outcome.outcome
    : `failed, ${outcome.error.code}${outcome.maybeDelivered ? ', maybe delivered' : ''}`
}

function toDepth(depth: number): string {
  return depth > 0 ? ` (${depth} callbacks deep)` : ''
}

function short(data: unknown): string {
  return data === undefined ? 'nothing' : JSON.stringify(data).slice(0, 100)
}
