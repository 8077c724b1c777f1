// Faults planted in the wiring of a connection, where no life of the simulation shows them: to be found by the cases.
import type { Mutant } from './mutant.ts'

const interest = '[A5] what waits for a connection is interest in one, until it waits no more'
const order = '[G18 G19] what waits leaves in the order of the calls, and not after its time'
const own = '[G10] refresh() waits for a load of its own, ready() for the first data'
const shortcut = '[G13 A7] text that was there before is a shortcut for those alone who show what it made'
const secrets = '[G24 INV-21] credentials that a server sends back are in no error, log or trace'
const full = '[INV-16] (fault R2) a full socket is not written to, and looked at until it has drained'

/** All of them, with what finds them. */
export const wiringMutants: readonly Mutant[] = [
  {
    name: 'who was asked for an address is asked for credentials after the end, too',
    file: 'src/questions.ts',
    find: `signal.throwIfAborted()`,
    replace: ``,
    by: '[G8 G7] an address that comes after the end asks for nothing more',
  },
  {
    name: 'a frame of a doubted link tells nobody that it lives',
    file: 'src/driver.ts',
    find: `if (state.phase === 'connected' && state.doubtedAt !== null) news({ type: 'heard', link: id })`,
    replace: ``,
    by: '[G3 G15] (fault S7) a plain server that answers no ping is doubted when it is silent, and trusted when it speaks',
  },
  {
    name: 'waking up is not told to the channels',
    bug: 'BB12',
    file: 'src/connection.ts',
    find: `feeds.tell({ type: 'woke', slept })`,
    replace: ``,
    by: '[G15] (fault B5) what was polled before a long sleep is not fresh after it',
  },
  {
    name: 'a hidden page polls on, and a page that comes back does not poll',
    file: 'src/connection.ts',
    find: `feeds.tell({ type: isAway() ? 'away' : 'back' })`,
    replace: ``,
    by: '[G10] (fault B1) a hidden page does not poll, and polls once when it is seen again',
  },
  {
    name: 'a send that waited leaves interest behind',
    file: 'src/sender.ts',
    find: `if (isWaiting) engage(-1)`,
    replace: ``,
    by: interest,
  },
  {
    name: 'ready() keeps its interest when it is done',
    file: 'src/connection.ts',
    find: `          signal?.removeEventListener('abort', abort)
          engage(-1)`,
    replace: `          signal?.removeEventListener('abort', abort)`,
    by: interest,
  },
  {
    name: 'the socket is filled without looking',
    file: 'src/sender.ts',
    find: `&& driver.bufferedBytes <= options.sendWatermark`,
    replace: ``,
    by: full,
  },
  {
    name: 'nothing looks whether a full socket has drained',
    file: 'src/sender.ts',
    find: `full && outbox.length > 0 ? Math.max(now + DRAIN, restUntil) : Infinity`,
    replace: `Infinity`,
    by: full,
  },
  {
    name: 'the last message stays in the outbox',
    file: 'src/sender.ts',
    find: `      outbox = rest
      leave(first, state)`,
    replace: `      if (rest.length > 0) outbox = rest; else break
      leave(first, state)`,
    by: order,
  },
  {
    name: 'a message waits beyond its time',
    file: 'src/sender.ts',
    find: `alarm.set(until < Infinity ? until : undefined)`,
    replace: `alarm.set(undefined)`,
    by: order,
  },
  {
    name: 'messages leave in the wrong order',
    file: 'src/channels/outbox.ts',
    find: `[...outbox, message]`,
    replace: `[message, ...outbox]`,
    by: order,
  },
  {
    name: 'a load that comes too late is reported as if it were not',
    file: 'src/channels/state-channel.ts',
    find: `if (over || state.load?.request !== request) return\n`,
    replace: ``,
    by: '[G16 INV-19] (fault P17) the failure of a load that was given up is nobody’s news',
  },
  {
    name: 'a load is not aborted by close()',
    file: 'src/channels/state-channel.ts',
    find: `      alarm.set(undefined)
      loading?.abort()`,
    replace: `alarm.set(undefined)`,
    by: '[G8 A10] close() aborts the load under way',
  },
  {
    name: 'the answer of a load is shared in place, though the app may hold it',
    file: 'src/channels/state-channel.ts',
    find: `        inPlace = false
        return apply('poll')`,
    replace: `        inPlace = true
        return apply('poll')`,
    by: '[G13 A7] what load gave belongs to the app: nothing is written into it',
  },
  {
    name: 'interest in a channel outlives its last subscriber',
    file: 'src/channels/state-channel.ts',
    find: `        turns.run(() => step({ type: 'unsubscribed' }))
        host.engage(-1)`,
    replace: `turns.run(() => step({ type: 'unsubscribed' }))`,
    by: interest,
  },
  {
    name: 'refresh() keeps a subscriber of its own for ever',
    file: 'src/channels/state-channel.ts',
    find: `            forget()
            leave()
            resolve()`,
    replace: `            forget()
            resolve()`,
    by: interest,
  },
  {
    name: 'of the changes that were kept only the last is applied',
    file: 'src/channels/state-channel.ts',
    find: `kept.reduce<T>((all, change) => onMessage(all, change), value)`,
    replace: `kept.slice(-1).reduce<T>((all, change) => onMessage(all, change), value)`,
    by: '[G16] changes that arrive during a load are applied onto its answer, in order',
  },
  {
    name: 'refresh() settles with the load before its own',
    file: 'src/channels/state-channel.ts',
    find: `request: state.lastRequest + (state.load?.owed ? 1 : 0)`,
    replace: `request: state.lastRequest + (state.load?.owed ? 2 : 0)`,
    by: own,
  },
  {
    name: 'ready() of a channel never resolves',
    file: 'src/channels/state-channel.ts',
    find: `for (const done of [...waiting]) done(null)`,
    replace: ``,
    by: own,
  },
  {
    name: 'repeated text confirms what an update has changed',
    file: 'src/channels/state-data.ts',
    find: `shown = share(shown, change(shown))
      data.made = null`,
    replace: `shown = share(shown, change(shown))`,
    by: shortcut,
  },
  {
    name: 'repeated text is kept from those who did not have it',
    file: 'src/channels/feeds.ts',
    find: `if (!others.every((other) => other.isIndifferent(text))) return false`,
    replace: ``,
    by: shortcut,
  },
  {
    name: 'who unsubscribes during a notification is told all the same',
    file: 'src/lib/store.ts',
    find: `if (!subscribers.has(subscriber)) continue`,
    replace: ``,
    by: '[G17] who leaves while others are told is not told any more',
  },
  {
    name: 'credentials are not learned',
    file: 'src/questions.ts',
    find: `onSecret(credentials)`,
    replace: ``,
    by: secrets,
  },
  {
    name: 'an error repeats credentials that a server sent back',
    file: 'src/reporter.ts',
    find: `cleanAll({ at: wall, url: address, status, attempt, ...context })`,
    replace: `{ at: wall, url: address, status, attempt, ...context }`,
    by: secrets,
  },
  {
    name: 'a trace shows credentials',
    file: 'src/reporter.ts',
    find: `typeof value === 'string' ? redactor.clean(value) : value`,
    replace: `value`,
    by: secrets,
  },
  {
    name: 'the message of an error shows credentials',
    file: 'src/reporter.ts',
    find: `clean(explain(code, detail, state, wall))`,
    replace: `explain(code, detail, state, wall)`,
    by: secrets,
  },
  {
    name: 'the error of a socket hides what its close says',
    bug: 'BB6',
    file: 'src/transports/websocket.ts',
    find: `if (open || over) return`,
    replace: `if (over) return`,
    by: '[G1] (fault B20) an error and a close are one loss, and the close says why',
  },
  {
    name: 'what is too large is read',
    file: 'src/inbound.ts',
    find: `if (tooLarge.length >= FLOOD) link.news({ type: 'flooded', link: id })
      return`,
    replace: `if (tooLarge.length >= FLOOD) link.news({ type: 'flooded', link: id })`,
    by: '[G23] (fault H3) what is too large is not read',
  },
  {
    name: 'who is cut off again and again comes back with all the others',
    bug: 'BB16',
    file: 'src/machine/backoff.ts',
    find: `(connected ? 1 - random / 2 : 1)`,
    replace: `1`,
    by: '[G4] (fault S5) who had a connection draws the moment of coming back anew, who had none keeps it',
  },
  {
    name: 'a page that was frozen is trusted as soon as it runs',
    file: 'src/machine/table.ts',
    find: `const missed = signal === 'resumed' || signal === 'restored'`,
    replace: `const missed = false`,
    by: '[G15] (fault B2) a page that runs again shows nothing as live before the link has answered',
  },
]
