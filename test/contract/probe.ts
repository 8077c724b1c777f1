// A bare client of a Transport that notes everything it is told.
import type { Link, Transport } from '../../src/transports/transport.ts'

/** One attempt, and what was reported of it, as words. */
export interface Probe {
  readonly link: Link
  readonly log: readonly string[]
}

/** Opens a link and notes its events. `on` may act upon them: it gets the link, null while `open` has not returned. */
export function probe(
  transport: Transport,
  url: string,
  on: (event: string, link: Link | null) => void = () => undefined,
): Probe {
  const log: string[] = []
  let link: Link | null = null
  const note = (event: string): void => {
    log.push(event)
    on(event, link)
  }
  link = transport.open(
    { url },
    {
      opened: (info) =>
        note(info?.recovered === undefined ? 'opened' : `opened, recovered ${info.recovered}`),
      message: (text) => note(`message ${text}`),
      closed: ({ code, reason, wasClean }) =>
        note(`closed ${code}${reason && ` ${reason}`}${wasClean ? '' : ', not clean'}`),
    },
  )
  return { link, log }
}
