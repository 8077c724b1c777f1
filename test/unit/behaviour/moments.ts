// The moments in the life of a connection, each with a way to get there.
import { loads, type Rig } from './rig.ts'

/** Names of moments, and what brings a rig there. */
export const moments: ReadonlyArray<readonly [name: string, prepare: (r: Rig) => void]> = [
  ['before anybody was interested', () => undefined],
  [
    'while the first loads are awaited',
    (r) => r.live.state('a', { load: loads(r.clock).load }).subscribe(() => undefined),
  ],
  ['while connecting', (r) => r.live.connect()],
  [
    'in the handshake',
    (r) => {
      r.server.opensSilently()
      r.live.connect()
      r.clock.advance(500)
    },
  ],
  [
    'while connected',
    (r) => {
      r.live.connect()
      r.clock.advance(20_000)
    },
  ],
  [
    'while a ping is unanswered',
    (r) => {
      r.live.connect()
      r.clock.advance(14_000)
      r.server.goesSilent()
      r.clock.advance(2_000)
    },
  ],
  [
    'after rt.go_away',
    (r) => {
      r.live.connect()
      r.clock.advance(1_000)
      r.server.goAway()
      r.clock.advance(10)
    },
  ],
  [
    'while waiting',
    (r) => {
      r.server.refuses()
      r.live.connect()
      r.clock.advance(100)
    },
  ],
  [
    'while suspended',
    (r) => {
      r.server.refuses()
      r.live.connect()
      r.clock.advance(300_000)
    },
  ],
  [
    'when failed',
    (r) => {
      r.server.refuses(4403)
      r.live.connect()
      r.clock.advance(100)
    },
  ],
  [
    'while lingering',
    (r) => {
      r.live.state('a').subscribe(() => undefined)()
      r.clock.advance(1_000)
    },
  ],
  [
    'while a channel polls',
    (r) => {
      r.server.refuses()
      r.live.state('a', { load: () => 1 }).subscribe(() => undefined)
      r.clock.advance(15_000)
    },
  ],
  [
    'while sends wait',
    (r) => {
      r.server.refuses()
      void r.live.send('note', 1, { ttl: 60_000 })
      r.clock.advance(1_000)
    },
  ],
]
