// Nothing throws that must not (INV-20).
import type { Checker } from './entry.ts'
import { eachClient } from './watch.ts'

const nothingThrows = eachClient(
  'INV-20',
  'No step of a machine, no method and no callback into the library throws, whatever arrives.',
  ({ complain }) => {
    return (entry) => {
      if (entry.kind === 'threw') complain(`${entry.where} threw: ${entry.text}`, entry)
    }
  },
)

/** The rule of throws. */
export const throws: readonly Checker[] = [nothingThrows]
