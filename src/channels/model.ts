// The vocabulary of the channel machine: one live copy of one value, fed by push while there is a link, by load otherwise.

/** Milliseconds of the driver's timeline. */
type Instant = number

/** A load under way. */
export interface Load {
  readonly request: number
  /** Its answer is current for this link: it began after the link was subscribed, and after the last signal (G15 b). */
  readonly proves: boolean
  /** How many pushes there had been when it began (G16). */
  readonly pushes: number
  /** `refresh()` was called meanwhile: one more begins as soon as this one has settled. */
  readonly owed: boolean
}

/** The named deadlines, in the order in which they are met. */
export type Slot = 'deadline' | 'load' | 'old' | 'linger'

/** What a channel knows of itself. The data is beside it: the machine decides what happens to data it never sees. */
export interface Channel {
  /** Somebody is subscribed, or was within `linger`. */
  readonly active: boolean
  /** There is a link that delivers. */
  readonly up: boolean
  /** The link is doubted: nothing is live until it answers. */
  readonly doubted: boolean
  /** The page is hidden or offline: no polls. */
  readonly away: boolean
  /** On this link the data was proven current, and everything since has been applied. */
  readonly proven: boolean
  /** It was proven when the link was lost, and nothing but what the server replays has to be added: it needs no load (G15 c). */
  readonly kept: boolean
  readonly hasData: boolean
  /** The last load was good and is younger than two intervals. */
  readonly fresh: boolean
  /** A poll came due while away. */
  readonly missed: boolean
  /** The first load has settled, well or not. */
  readonly tried: boolean
  readonly load: Load | null
  readonly lastRequest: number
  /** Pushes that arrived, ever. */
  readonly pushes: number
  /** Failed loads in a row. */
  readonly failures: number
  readonly timers: { readonly [S in Slot]?: Instant | undefined }
}

/** What may happen. */
export type ChannelEvent =
  | { readonly type: 'subscribed' | 'unsubscribed' }
  /** A link delivers. `recovered`: the server says that nothing is missing, or that something may be; null: it says nothing, and may yet send the state. */
  | { readonly type: 'up'; readonly recovered: boolean | null }
  | { readonly type: 'down' }
  | { readonly type: 'doubted' | 'trusted' }
  | { readonly type: 'away' | 'back' }
  | { readonly type: 'refresh' }
  /** A message that `pick`, the schema and `version` have let through. `whole`: it is the entire state. */
  | { readonly type: 'pushed'; readonly whole: boolean; readonly replayed: boolean }
  /** A message that means "load again". */
  | { readonly type: 'signalled' }
  /** A message of this channel could not be used: what is there may be behind. */
  | { readonly type: 'spoiled' }
  /** An answer that the schema has let through. `older`: `version` says that what is there is newer. */
  | { readonly type: 'loaded'; readonly request: number; readonly older: boolean }
  | { readonly type: 'failed'; readonly request: number }
  | { readonly type: 'due'; readonly slot: Slot }
  | { readonly type: 'woke'; readonly slept: boolean }
  | { readonly type: 'reset' }

/** What the channel is asked to do. */
export type ChannelEffect =
  | { readonly type: 'load'; readonly request: number }
  | { readonly type: 'abort'; readonly request: number }
  /** `apply`: the message becomes part of the data now; `keep`: it will be applied onto the answer of the load under way. */
  | { readonly type: 'applyPush'; readonly apply: boolean; readonly keep: boolean }
  /** The answer becomes the data, with the kept messages applied onto it. */
  | { readonly type: 'applyLoad' }
  /** A load has ended, one way or another: those who waited for it are told. */
  | { readonly type: 'settle'; readonly request: number; readonly timedOut: boolean }
  /** The data is forgotten: nobody wants it any more, or it belonged to another user. */
  | { readonly type: 'forget' }

/** What the machine is told with every event, and what was configured. */
export interface ChannelContext {
  readonly now: Instant
  /** Uniform in [0, 1). */
  readonly random: number
  readonly mode: 'replace' | 'reload' | 'change'
  readonly canLoad: boolean
  readonly hasInitial: boolean
  /** `version` orders states: what is older has been told apart already. */
  readonly versioned: boolean
  readonly loadTimeout: number
  /** The poll interval by the data there is now; null: never. */
  readonly interval: number | null
  readonly spread: number
  readonly linger: number
  /** What an active channel would have been told by events. */
  readonly surroundings: { readonly up: boolean; readonly doubted: boolean; readonly away: boolean }
  /** How much longer a deadline is that came due while time was lost. */
  readonly grace: number
}

/** The next state, and what to do. */
export type ChannelStep = readonly [Channel, readonly ChannelEffect[]]
