// What became of sends, in few words.
import type { SendOutcome } from '../../../src/index.ts'
import type { Rig } from './rig.ts'

/** The outcomes as they come. */
export function outcomes(r: Rig, ...sends: ReadonlyArray<Parameters<Rig['live']['send']>>): SendOutcome[] {
  const all: SendOutcome[] = []
  for (const send of sends) void r.live.send(...send).then((outcome) => all.push(outcome))
  return all
}

export const failures = (all: readonly SendOutcome[]): string[] =>
  all.map((one) => (one.ok ? 'written' : one.error.code))

/** What the server got of the app's. */
export const got = (r: Rig): unknown[] =>
  r.server.received.filter(({ type }) => !['client_ready', 'ping'].includes(type))
