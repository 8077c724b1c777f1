// Every change of status is a legal one, told once and never inside another callback (INV-3).
import type { Status } from '../../../src/machine/snapshot.ts'
import type { Checker } from './entry.ts'
import { eachClient } from './watch.ts'

/** Which status may follow which. */
export const statusChanges: { readonly [S in Status]: readonly Status[] } = {
  idle: ['connecting', 'reconnecting', 'suspended', 'closed'],
  connecting: ['connected', 'suspended', 'failed', 'idle', 'closed'],
  connected: ['reconnecting', 'suspended', 'failed', 'idle', 'connecting', 'closed'],
  reconnecting: ['connected', 'suspended', 'failed', 'idle', 'connecting', 'closed'],
  suspended: ['reconnecting', 'connecting', 'idle', 'closed'],
  failed: ['connecting', 'idle', 'closed'],
  closed: [],
}

const legalStates = eachClient(
  'INV-3',
  'Every change of status is one of the published table, is told once and in order, and no callback runs inside another.',
  ({ complain }) => {
    let status: Status = 'idle'
    return (entry) => {
      if (entry.kind !== 'call' && 'depth' in entry && entry.depth > 0)
        complain(`A ${entry.kind} callback runs inside ${entry.depth} other.`, entry)
      if (entry.kind !== 'status') return
      if (entry.previous !== status)
        complain(`${entry.status} is said to follow ${entry.previous}, but ${status} was told last.`, entry)
      else if (!statusChanges[status].includes(entry.status))
        complain(`${entry.status} follows ${status}, which the table does not allow.`, entry)
      status = entry.status
    }
  },
)

/** The rule of states. */
export const states: readonly Checker[] = [legalStates]
