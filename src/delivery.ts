// What a change of the connection means for channels and for sends: links that come, go, and follow one another.
import type { Delivering, Feeds } from './channels/feeds.ts'
import type { Driver } from './driver.ts'
import type { Connected, State } from './machine/model.ts'
import type { ChannelFrame } from './protocol/channels.ts'
import type { Sender } from './sender.ts'

/** Brings what the connection does to channels and sends. All calls belong into turns. */
export interface Delivery {
  /** The connection changed. */
  follow(state: State, previous: State): void
  /** A frame about a subscription, or an answer. */
  hear(frame: ChannelFrame): void
  /** The same on the link that is to follow. */
  hearEarly(frame: ChannelFrame): void
}

/** Nothing is connected yet. */
export function createDelivery(driver: Driver, feeds: Feeds, sender: Sender): Delivery {
  const { subscriptions } = feeds

  /** Up to level 1 a server pushes by itself; from level 2 on, what is subscribed to. */
  const toDelivering = (link: Connected | null, isHeir: boolean = false): Delivering => {
    // As long as nobody knows which, nothing can be counted on.
    if (!link || link.level === null) return null
    if (link.level < 2) return 'pushes'
    const { batch, limit } = link.offers
    const to = isHeir ? [link.link] : []
    return { batch, limit, write: (text) => driver.write(text, ...to) }
  }

  /** The link that is to follow does so when it has answered, and when this one owes no answer (S4). */
  const proceed = (): void => {
    const heir = toConnectedHeir(driver.state)
    if (heir && subscriptions.isJoined && sender.isQuiet) driver.dispatch({ type: 'joined', link: heir.link })
  }

  return {
    follow(state, previous) {
      const was = toConnected(previous)
      const is = toConnected(state)
      const isNew = was?.link !== is?.link
      const heirBefore = toConnectedHeir(previous)
      const heir = toConnectedHeir(state)
      if (was && isNew) sender.lose(was, state.memory.failure?.closeCode)
      if (isNew || was?.level !== is?.level) feeds.link(toDelivering(is), heirBefore?.link === is?.link)
      else if (heir?.link !== heirBefore?.link) {
        const next = toDelivering(heir, true)
        subscriptions.join(next === 'pushes' ? null : next)
        proceed()
      }
      // Channels that are told of a link anew know nothing of its doubt.
      const wasDoubted = !isNew && was?.level === is?.level && was?.doubtedAt != null
      const isDoubted = is?.doubtedAt != null
      if (wasDoubted !== isDoubted) feeds.tell({ type: isDoubted ? 'doubted' : 'trusted' })
    },
    hear(frame) {
      const isAnswer = frame.kind === 'acked' || frame.kind === 'refused'
      if (isAnswer && sender.hear(frame)) proceed()
      else if (frame.kind !== 'acked') subscriptions.hear(frame)
    },
    hearEarly(frame) {
      if (frame.kind !== 'acked') subscriptions.answered(frame)
      proceed()
    },
  }
}

function toConnected(state: State): Connected | null {
  return state.phase === 'connected' ? state : null
}

function toConnectedHeir(state: State): Connected | null {
  const heir = toConnected(state)?.heir
  return heir?.phase === 'connected' ? heir : null
}
