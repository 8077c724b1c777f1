// The mutants: faults planted in the source one at a time, each of which must be found.
import { channelMutants } from './mutants/channel.ts'
import { connectionMutants } from './mutants/connection.ts'
import { handoverMutants } from './mutants/handover.ts'
import type { Mutant } from './mutants/mutant.ts'
import { otherMutants } from './mutants/rest.ts'
import { requestsMutants } from './mutants/requests.ts'
import { serverMutants } from './mutants/server.ts'
import { sessionMutants } from './mutants/session.ts'
import { simulationMutants } from './mutants/simulation.ts'
import { wiringMutants } from './mutants/wiring.ts'

/** Every planted fault. */
export const mutants: readonly Mutant[] = [
  ...connectionMutants,
  ...channelMutants,
  ...sessionMutants,
  ...serverMutants,
  ...requestsMutants,
  ...handoverMutants,
  ...otherMutants,
  ...wiringMutants,
  ...simulationMutants,
]

/** The bug bank: what other libraries had. The rest of it belongs to levels of the protocol that are not there yet. */
export const bugBank: Readonly<Record<string, string>> = {
  BB4: 'after a resume, what is left of the old connection ends the new one (Socket.IO #4880)',
  BB5: 'a transport whose close races with a reconnect is never closed (centrifuge-js #225)',
  BB6: '`online` and a timer, or `error` and `close`, each start a reconnect: two, three, nine sockets (tutanota #1294, atmosphere #277)',
  BB7: 'after sleep the socket says it is open, and is dead; nothing probes it (wire-webapp #21477)',
  BB8: 'deadlines are met by timers alone, which a hidden tab throttles (engine.io-client)',
  BB9: 'the backoff starts anew on open: a server that accepts and then closes is hammered',
  BB10: 'the permit of the half-open circuit has no end, or none to begin with (resilience4j)',
  BB11: 'a wait without a deadline (graphql-ws ack timeout 0)',
  BB12: '`performance.now()` stands still while the machine sleeps (hr-time #115)',
  BB14: 'a way back in that skips authorization lets a blocked user in (Socket.IO skipMiddlewares)',
  BB15: '`navigator.onLine` is taken for a verdict (robust-websocket #27)',
  BB16: 'everybody reconnects at once after a deploy (firezone #11493, mattermost #10960)',
}
