// What each button does and what is worth watching afterwards.
import type { Condition, Damage } from '../supervisor/damage.ts'

export interface Deed {
  readonly damage: Damage
  readonly label: string
  /** Its name on the timeline, where that is not the label. */
  readonly mark?: string
  /** What really happens. */
  readonly detail: string
  /** What to look at. */
  readonly watch: string
}

export const serverDeeds = {
  kill: {
    damage: { do: 'kill' },
    label: 'Kill',
    detail: 'kill -9',
    watch:
      'Down until started. The socket is gone and so is HTTP, so nothing can confirm the values: polling turns to stale, and the data stays on the page.',
  },
  start: {
    damage: { do: 'start' },
    label: 'Start',
    detail: 'new process',
    watch:
      'Back within half a second of the server listening (the countdown, if the outage was long). The campaigns go on where they were killed.',
  },
  freeze: {
    damage: { do: 'freeze' },
    label: 'Freeze',
    detail: 'SIGSTOP',
    watch:
      'The process keeps its sockets and says nothing. Only the missing answer to a ping tells: the link is left after at most 4 s (20 s with the defaults).',
  },
  thaw: {
    damage: { do: 'thaw' },
    label: 'Thaw',
    detail: 'SIGCONT',
    watch: 'The next attempt gets through. What the old socket still delivers is ignored.',
  },
  deploy: {
    damage: { do: 'deploy' },
    label: 'Deploy',
    detail: 'drain, restart',
    watch:
      'The server announces its end with rt.go_away, drains for 2 s and says how to come back. The page leaves before it is thrown out and finds the new process by itself.',
  },
} satisfies Record<string, Deed>

export const networks: readonly (Deed & { readonly value: Condition['network'] })[] = [
  {
    value: 'fine',
    damage: { do: 'network', network: 'fine' },
    label: 'Works',
    detail: '',
    watch: 'The next attempt gets through: catching up, then live; polling stops.',
  },
  {
    value: 'refuse',
    damage: { do: 'network', network: 'refuse' },
    label: 'Refused',
    detail: '',
    watch:
      'Every connection is reset. After 2 s without a live socket the campaigns are polled and keep moving. The circuit opens after 5 min of this (1 min on a page that never connected: reload it).',
  },
  {
    value: 'black-hole',
    damage: { do: 'network', network: 'black-hole' },
    label: 'Black hole',
    detail: '',
    watch:
      'Bytes vanish and no close ever comes, as in a tunnel. The heartbeat notices within 4 s; new attempts time out after 10 s.',
  },
]

export const scopes: readonly {
  readonly value: Condition['scope']
  readonly label: string
  readonly watch: string
}[] = [
  { value: 'socket', label: 'Socket only', watch: 'HTTP works: with the socket away, values are polled.' },
  {
    value: 'socket-and-http',
    label: 'Socket and HTTP',
    watch: 'HTTP suffers too: with the socket away, values turn stale.',
  },
]

export const latencies: readonly {
  readonly value: number
  readonly label: string
  readonly watch: string
}[] = [
  { value: 0, label: '0', watch: 'The smoothed latency comes down over a few pings.' },
  { value: 150, label: '150', watch: 'Quality turns to good, and nothing else changes.' },
  { value: 600, label: '600', watch: 'Quality turns to poor. Still live: slow is not stale.' },
  {
    value: 3_000,
    label: '3 000',
    watch:
      'Slower than the 2 s this demo gives a ping: not to be told from dead, so the link is left again and again.',
  },
]

export const closeCodes: readonly {
  readonly code: number
  readonly label: string
  readonly watch: string
}[] = [
  {
    code: 1000,
    label: '1000 normal',
    watch: 'Frameworks send it when a handler returns: reconnects like after any loss.',
  },
  { code: 1001, label: '1001 going away', watch: 'Reconnects within the window the server announced.' },
  { code: 1006, label: '1006 cut, no frame', watch: 'The wire is cut. Reconnects within the window.' },
  { code: 1011, label: '1011 server error', watch: 'Reconnects.' },
  { code: 1012, label: '1012 restart', watch: 'Reconnects within the window the server announced.' },
  {
    code: 1013,
    label: '1013 try later',
    watch: 'Waits at least 10 s; polling bridges it. "Retry now" skips the wait.',
  },
  {
    code: 4401,
    label: '4401 token',
    watch: 'Asks for a new token once, then reconnects. A second 4401 in a row would be final.',
  },
  {
    code: 4403,
    label: '4403 forbidden',
    watch: 'Final: no attempt until "Connect again". Values are polled meanwhile.',
  },
  {
    code: 4409,
    label: '4409 replaced',
    watch: 'Final and quiet: another tab took over, and two must not fight for ever.',
  },
  { code: 4429, label: '4429 too many', watch: 'Waits at least 10 s; polling bridges it.' },
]

export const otherDeeds: readonly Deed[] = [
  {
    damage: { do: 'expire-token' },
    label: 'Expire token',
    mark: 'token',
    detail: 'revoke it',
    watch:
      'What was handed out is worth nothing and the server closes with 4401. The page asks for a new token and is back, without a word to the user.',
  },
  {
    damage: { do: 'repeat' },
    label: 'Repeat state',
    mark: 'repeat',
    detail: '300 frames',
    watch: 'The same state, 300 times. The count of messages jumps; the renders do not.',
  },
  {
    damage: { do: 'garbage' },
    label: 'Send garbage',
    mark: 'garbage',
    detail: '50 frames',
    watch:
      'Frames that are no messages. They are counted and told as errors, at most once a second. Nothing else happens.',
  },
]

export const restore: Deed = {
  damage: { do: 'restore' },
  label: 'Put it all back',
  mark: 'put back',
  detail: '',
  watch:
    'Server running, network fine, no latency. If it failed for good, "Connect again" is yours to press.',
}
