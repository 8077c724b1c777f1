// One link, and nothing from any other (INV-1, INV-2).
import type { Checker } from './entry.ts'
import { channelOf, eachClient, watchHeld } from './watch.ts'

const oneLink = eachClient(
  'INV-1',
  'A client never has more than one link that it has not dropped and that has not closed, but for one that is to follow a link whose server goes away (`rt.go_away`); and no link is opened twice.',
  ({ complain }) => {
    const held = watchHeld()
    let last = 0
    let leaving: unknown = null
    return (entry) => {
      if (entry.kind === 'effect' && entry.machine === 'connection' && entry.effect.type === 'open') {
        const id = Number(entry.effect.link)
        if (held.link !== null && held.link !== leaving)
          complain(`Link ${id} is opened while link ${held.link} is held.`, entry)
        if (held.heir !== null) complain(`Link ${id} is opened while two are held.`, entry)
        if (id <= last) complain(`Link ${id} is opened after link ${last}: its number is not new.`, entry)
        last = Math.max(last, id)
      }
      held.see(entry)
      if (entry.kind !== 'event' || entry.machine !== 'connection' || held.isStale) return
      if (entry.event.type === 'away' && entry.event.final !== true) leaving = entry.event.link
    }
  },
)

/** What makes a channel take something in that came over the link. */
const feeding: readonly string[] = ['pushed', 'signalled', 'spoiled']

const nothingOld = eachClient(
  'INV-2',
  'What comes late from an old link or an old request has no effect, and nothing is delivered that did not arrive.',
  ({ complain }) => {
    const held = watchHeld()
    let frames = 0
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'effect' && entry.machine === 'connection') {
        if (held.isStale) complain(`A late ${held.event?.type} leads to ${entry.effect.type}.`, entry)
      } else if (entry.kind === 'event' && channelOf(entry.machine) !== null) {
        if (held.link === null && feeding.includes(entry.event.type))
          complain(`${entry.machine} is fed without a link.`, entry)
      } else if (entry.kind === 'inbound') {
        frames++
      } else if (entry.kind === 'message' && --frames < 0) {
        complain(`Message ${entry.type} is delivered, and nothing more had arrived.`, entry)
      }
    }
  },
)

/** The rules of links. */
export const links: readonly Checker[] = [oneLink, nothingOld]
