// The wires of the damage panel: a connection of its own, to the supervising process, that stays whole while the other one is broken.
// (Not HTTP: browsers keep six requests open per server, and a frozen application holds all six.)
import { createConnection } from 'holdfast'
import { useChannel } from 'holdfast/react'
import type { Condition, Damage } from '../supervisor/damage.ts'
import { mark } from './history.ts'

const whole: Condition = { server: 'running', network: 'fine', scope: 'socket', latency: 0 }
const control = createConnection({ url: '/control' })
const condition = control.state<Condition>('condition')

/** How server and network are, as the supervising process says. */
export function useCondition(): Condition {
  return useChannel(condition).data ?? whole
}

/** Does it, and notes it on the timeline where it has a name. */
export function damage(deed: Damage, label: string | null): void {
  if (label !== null) mark(label)
  void control.send('damage', deed)
}
