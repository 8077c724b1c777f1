// Faults planted in the server around its sessions: in links, channels and accounting, to be found by the cases.
import type { Mutant } from './mutant.ts'

const ended = '[A10 INV-4] a link that has ended leaves no timer, and is said to have left once'
const blocked = '[C1] a blocked event loop is told from a client that says nothing'
const slow = '[C1] (fault S11) a reader who does not read is seen as long as it does not, and no longer'
const alive = '[C1] pongs of the WebSocket layer are signs of life'
const broken =
  '[INV-20] (fault P1) an error of the socket and bytes instead of text end a link, and nothing else'
const allowed =
  '[INV-24] a channel reaches whom authorize allows, whether it answers now or later, and nobody else'
const unchanged = '[C1c] an unchanged state is not published, and nobody is greeted with one that is outdated'
const watched =
  '[C1c INV-19] a watch looks only while somebody reads, once at a time, and gives up what hangs'
const refused = '[B2 B7] names of the protocol and frames over the limit are refused, counted in bytes'
const drained =
  '[G4] (fault S3) a drain lets them go one after the other, and tells all of them of all the others'

/** All of them, with what finds them. */
export const serverMutants: readonly Mutant[] = [
  {
    name: 'a link that has ended keeps its timers',
    file: 'src/server/link.ts',
    find: `for (const slot of [...timers.keys()]) disarm(slot)`,
    replace: ``,
    by: ended,
  },
  {
    name: 'a link is said to have left at everything that comes after its end',
    file: 'src/server/link.ts',
    find: `if (after.phase === 'closed' && before !== 'closed') end()`,
    replace: `if (after.phase === 'closed') end()`,
    by: ended,
  },
  {
    name: 'a timer of a link is never late',
    file: 'src/server/link.ts',
    find: `late: clock.monotonic() - dueAt`,
    replace: `late: 0`,
    by: blocked,
  },
  {
    name: 'a timer that is armed anew rings twice',
    file: 'src/server/link.ts',
    find: `    disarm(slot)
    const dueAt`,
    replace: `    const dueAt`,
    by: ended,
  },
  {
    name: 'what waits for a slow reader is not looked at',
    file: 'src/server/link.ts',
    find: `if (bytes > 0) queue.push({ type: 'congested', bytes: bytes - replayed })`,
    replace: ``,
    by: slow,
  },
  {
    name: 'what was written counts as read at once',
    file: 'src/server/link.ts',
    find: `socket.ping(undefined, undefined, () => dispatch({ type: 'flushed' }))`,
    replace: `dispatch({ type: 'flushed' })`,
    by: slow,
  },
  {
    name: 'frames pile up in a socket that is closing',
    file: 'src/server/link.ts',
    find: `if (socket.readyState !== socket.OPEN) return`,
    replace: ``,
    by: '[C1] (fault S11) nothing is written to a socket that is closing',
  },
  {
    name: 'only frames are signs of life',
    file: 'src/server/link.ts',
    find: `socket.on('pong', onHeard)`,
    replace: ``,
    by: alive,
  },
  {
    name: 'an error of a socket ends the process',
    file: 'src/server/link.ts',
    find: `socket.on('error', () => dispatch({ type: 'closed' }))`,
    replace: ``,
    by: broken,
  },
  {
    name: 'bytes are read as text',
    file: 'src/server/link.ts',
    find: `isBinary ? null : data.toString()`,
    replace: `data.toString()`,
    by: broken,
  },
  {
    name: 'who may not read is counted among those who do',
    file: 'src/server/channels.ts',
    find: `if (allowed === false) continue`,
    replace: ``,
    by: allowed,
  },
  {
    name: 'an authorize that takes its time is not waited for',
    file: 'src/server/channels.ts',
    find: `if (await (allowed ?? mayRead(user, channel))) push()`,
    replace: `push()`,
    by: allowed,
  },
  {
    name: 'first data is sent to whom authorize denies it',
    file: 'src/server/channels.ts',
    find: `if (!(await mayRead(user, channel))) return`,
    replace: ``,
    by: allowed,
  },
  {
    name: 'what is published overtakes what waits for authorize',
    file: 'src/server/channels.ts',
    find: `const allowed = turns.has(key) ? null : mayRead(user, channel)`,
    replace: `const allowed = mayRead(user, channel)`,
    by: '[G11] what is published stays in order while authorize thinks',
  },
  {
    name: 'what waits for authorize has no bound',
    file: 'src/server/channels.ts',
    find: `if (bytes > options.limits.bufferedBytes) link.dispatch({ type: 'congested', bytes })`,
    replace: ``,
    by: '[G21] (fault S11) what waits for an answer that does not come is bounded',
  },
  {
    name: 'an unchanged state is published again',
    file: 'src/server/channels.ts',
    find: `if (states.get(channel)?.data === next.data) return null`,
    replace: ``,
    by: unchanged,
  },
  {
    name: 'a new link is greeted with a state that is outdated',
    file: 'src/server/channels.ts',
    find: `before !== undefined && states.get(channel) === before ?`,
    replace: `before !== undefined ?`,
    by: unchanged,
  },
  {
    name: 'what nobody reads is watched',
    file: 'src/server/channels.ts',
    find: `if (await somebody()) await`,
    replace: `await`,
    by: watched,
  },
  {
    name: 'every new link begins a look of its own',
    file: 'src/server/channels.ts',
    find: `undefined : (looking ??= look())`,
    replace: `undefined : look()`,
    by: watched,
  },
  {
    name: 'a look that was given up is published when it ends',
    file: 'src/server/channels.ts',
    find: `if (!late && isWatched())`,
    replace: `if (isWatched())`,
    by: watched,
  },
  {
    name: 'a watch that was stopped goes on',
    file: 'src/server/channels.ts',
    find: `clock.clearTimeout(timer)
        if (!isWatched()) return`,
    replace: `if (!isWatched()) return`,
    by: watched,
  },
  {
    name: 'a look that hangs is waited for without end',
    bug: 'BB11',
    file: 'src/server/attempt.ts',
    find: `Promise.race([run(), late])`,
    replace: `run()`,
    by: watched,
  },
  {
    name: 'a channel may pose as the protocol',
    file: 'src/server/channels.ts',
    find: `|| reserved.has(channel) ||`,
    replace: `||`,
    by: refused,
  },
  {
    name: 'an event is measured in letters',
    file: 'src/server/channels.ts',
    find: `if (wire.length <= limit) return`,
    replace: `if (text.length <= limit) return`,
    by: refused,
  },
  {
    name: 'an older link that ends takes the place of the one that replaced it along',
    bug: 'BB4',
    file: 'src/server/create-server.ts',
    find: `if (clients.get(toKey(user, client)) === link) clients`,
    replace: `clients`,
    by: '[A5] (fault S19) an older link that ends does not touch the one that replaced it',
  },
  {
    name: 'only links that are known already hear who is revoked',
    bug: 'BB14',
    file: 'src/server/create-server.ts',
    find: `for (const link of links) link.dispatch({ type: 'revoked', userId })`,
    replace: `for (const link of members.keys()) link.dispatch({ type: 'revoked', userId })`,
    by: '[INV-24] who is revoked while it is asked who this is does not come in',
  },
  {
    name: 'a drain lets all go at once',
    bug: 'BB16',
    file: 'src/server/create-server.ts',
    find: `((over - grace) * index) / going.length`,
    replace: `0`,
    by: drained,
  },
  {
    name: 'the window shrinks while the server drains',
    bug: 'BB16',
    file: 'src/server/create-server.ts',
    find: `Math.max(links.size, drained)`,
    replace: `links.size`,
    by: drained,
  },
]
