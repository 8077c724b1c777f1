// One link, and nothing from any other (INV-1, INV-2).
import type { Checker, Fields } from './entry.ts'
import { eachClient, watchLink } from './watch.ts'

const oneLink = eachClient(
  'INV-1',
  'A client never has more than one link that it has not dropped and that has not closed, and no link is opened twice.',
  ({ complain }) => {
    const held = watchLink()
    let last = 0
    return (entry) => {
      if (entry.kind === 'effect' && entry.machine === 'connection' && entry.effect.type === 'open') {
        const id = Number(entry.effect.link)
        if (held.link !== null) complain(`Link ${id} is opened while link ${held.link} is held.`, entry)
        if (id <= last) complain(`Link ${id} is opened after link ${last}: its number is not new.`, entry)
        last = Math.max(last, id)
      }
      held.see(entry)
    }
  },
)

/** Answers end a request; `admitted` leaves the place in the gate held. */
const answers: readonly unknown[] = ['diagnosed', 'prepared', 'unprepared']

const nothingOld = eachClient(
  'INV-2',
  'What comes late from an old link or an old request has no effect, and nothing is delivered without a link.',
  ({ complain }) => {
    const held = watchLink()
    let request: unknown = null
    let isOld = false
    let frames = 0
    const isOldRequest = (event: Fields): boolean => event.request !== undefined && event.request !== request
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'event' && entry.machine === 'connection') {
        isOld = held.isStale || isOldRequest(entry.event)
        if (!isOld && answers.includes(entry.event.type)) request = null
      } else if (entry.kind === 'effect' && entry.machine === 'connection') {
        const { type } = entry.effect
        if (isOld) complain(`A late ${held.event?.type} leads to ${type}.`, entry)
        if (type === 'diagnose' || type === 'prepare' || type === 'queue') request = entry.effect.request
        if (type === 'cancel' && entry.effect.request === request) request = null
      } else if (entry.kind === 'event') {
        const arrived = ['pushed', 'signalled', 'spoiled'].includes(entry.event.type)
        if (arrived && held.link === null) complain(`${entry.machine} is fed without a link.`, entry)
      } else if (entry.kind === 'inbound') {
        if (held.link === null) complain('Text reaches a client that holds no link.', entry)
        frames++
      } else if (entry.kind === 'message') {
        frames--
        if (frames < 0) complain(`Message ${entry.type} is delivered, and nothing more had arrived.`, entry)
      }
    }
  },
)

/** The rules of links. */
export const links: readonly Checker[] = [oneLink, nothingOld]
