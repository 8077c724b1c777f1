// What is asked of the app is asked once at a time (INV-19).
import type { Checker, Fields } from './entry.ts'
import { eachClient } from './watch.ts'

/** Answers of the app's to a machine, by what they answer. */
const answers: readonly string[] = ['loaded', 'failed', 'prepared', 'unprepared', 'diagnosed']
const asking: readonly string[] = ['load', 'prepare', 'renew', 'diagnose']
const letting: readonly string[] = ['abort', 'settle', 'cancel']

const oneAtATime = eachClient(
  'INV-19',
  '`load`, `auth` and `diagnose` never run twice at once for the same key, and a late answer changes nothing.',
  ({ complain }) => {
    /** By machine: the requests under way, and whether the event under way answers none of them. */
    const machines = new Map<string, { readonly requests: Set<unknown>; isLate: boolean }>()
    /** What the app is working at, and was not told to stop. */
    const busy = new Set<string>()
    const of = (machine: string): { readonly requests: Set<unknown>; isLate: boolean } => {
      let known = machines.get(machine)
      if (!known) machines.set(machine, (known = { requests: new Set(), isLate: false }))
      return known
    }
    const happen = (machine: string, { type, request }: Fields): void => {
      const known = of(machine)
      known.isLate = request !== undefined && answers.includes(type) && !known.requests.has(request)
      if (!known.isLate && machine === 'connection') known.requests.delete(request)
    }
    return (entry) => {
      if (entry.kind === 'event') happen(entry.machine, entry.event)
      else if (entry.kind === 'effect') {
        const { type, request } = entry.effect
        const known = of(entry.machine)
        if (known.isLate) complain(`A late answer leads to ${type} in ${entry.machine}.`, entry)
        if (letting.includes(type)) known.requests.delete(request)
        if (!asking.includes(type)) return
        if (known.requests.size > 0)
          complain(`${entry.machine} begins a second ${type} beside the first.`, entry)
        known.requests.add(request)
      } else if (entry.kind === 'asked' && entry.what !== 'url') {
        const key = `${entry.what} ${entry.key}`
        if (busy.has(key)) complain(`${key.trim()} is asked while it is being answered.`, entry)
        busy.add(key)
      } else if (entry.kind === 'answered') busy.delete(`${entry.what} ${entry.key}`)
    }
  },
)

/** The rule of asking. */
export const askings: readonly Checker[] = [oneAtATime]
