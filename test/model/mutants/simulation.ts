// Faults planted between the machines and the world: driver, wiring, channels, sends, timers, reports. Only whole lives show them.
import type { Mutant } from './mutant.ts'

type Planted = Omit<Mutant, 'by'>

const planted: readonly Planted[] = [
  {
    name: 'a deadline that is looked at too early is never met',
    file: 'src/lib/timeline.ts',
    find: `if (now < at) return arm(at) // timers may come early (C4)`,
    replace: `if (now < at) return`,
  },
  {
    name: 'an alarm that is set anew leaves the old timer',
    file: 'src/lib/timeline.ts',
    find: `if (timer !== undefined) clock.clearTimeout(timer)`,
    replace: ``,
  },
  {
    name: 'a call of the app’s is not told that it is of no use any more',
    file: 'src/questions.ts',
    find: `cancels.set(request, () => controller.abort())`,
    replace: ``,
  },
  {
    name: 'the page is listened to after the end',
    file: 'src/connection.ts',
    find: `      stopListening()
      stopListening = null`,
    replace: `stopListening = null`,
  },
  {
    name: 'a lost link is not told to the channels',
    file: 'src/channels/feeds.ts',
    find: `if (delivering === 'pushes') tell({ type: 'down' })`,
    replace: ``,
  },
  {
    name: 'doubt is not told to the channels',
    file: 'src/delivery.ts',
    find: `if (wasDoubted !== isDoubted) feeds.tell`,
    replace: `if (wasDoubted && !isDoubted) feeds.tell`,
  },
  {
    name: 'a message that cannot wait ends interest that never began',
    file: 'src/sender.ts',
    find: `if (isWaiting) engage(-1)`,
    replace: `engage(-1)`,
  },
  {
    name: 'what waits to be sent is left in the air by close()',
    file: 'src/connection.ts',
    find: `        driver.step({ type: 'close' })
        sender.abandon(final)`,
    replace: `        unsettled.clear()
        driver.step({ type: 'close' })`,
  },
  {
    name: 'promises that were given out stay pending after close()',
    file: 'src/connection.ts',
    find: `for (const settle of [...unsettled]) settle(final)`,
    replace: ``,
  },
  {
    name: 'channels go on after close()',
    file: 'src/connection.ts',
    find: `for (const feed of feeds.clear()) feed.close()`,
    replace: ``,
  },
  {
    name: 'the same status is told again',
    file: 'src/connection.ts',
    find: `if (status !== before.status) {`,
    replace: `if (status !== 'idle' || status !== before.status) {`,
  },
  {
    name: 'the outbox has no bound',
    file: 'src/channels/outbox.ts',
    find: `return outbox.length < limits.messages && bytes <= limits.bytes ?`,
    replace: `return bytes >= 0 ?`,
  },
  {
    name: 'a load that is given up is not aborted',
    file: 'src/channels/state-channel.ts',
    find: `        return loading?.abort()
`,
    replace: `        return
`,
  },
  {
    name: 'a channel keeps its timer after close()',
    file: 'src/channels/state-channel.ts',
    find: `      alarm.set(undefined)
      loading?.abort()`,
    replace: `loading?.abort()`,
  },
  {
    name: 'leaving a channel twice counts twice',
    file: 'src/channels/state-channel.ts',
    find: `        if (store.size > 0 || over) return
        turns.run(() => step({ type: 'unsubscribed' }))`,
    replace: `        if (over) return
        turns.run(() => step({ type: 'unsubscribed' }))`,
  },
  {
    name: 'a channel that was left is told what arrives',
    file: 'src/channels/feeds.ts',
    find: `left?.delete(feed)`,
    replace: ``,
  },
  {
    name: 'turns run inside of turns',
    file: 'src/lib/turns.ts',
    find: `if (running) return
    running = true`,
    replace: `running = true`,
  },
  {
    name: 'several changes of one turn are told several times',
    file: 'src/lib/store.ts',
    find: `if (value === told) return`,
    replace: ``,
  },
  {
    name: 'a socket that is left while it opens is not closed',
    bug: 'BB5',
    file: 'src/transports/websocket.ts',
    find: `          end()
          try {`,
    replace: `          end()
          if (!open) return
          try {`,
  },
  {
    name: 'the reader of pongs answers more than it may',
    file: 'src/inbound.ts',
    find: `return link.reply(frame.reply)`,
    replace: `return [1, 2].forEach(() => link.reply(frame.reply))`,
  },
]

/** All of them; each is found by the simulation, with a seed on record. */
export const simulationMutants: readonly Mutant[] = planted.map((mutant) => ({ ...mutant, by: 'simulation' }))
