// A link that is up, and frames for it.
import { rig, type Rig } from '../behaviour/rig.ts'

/** Sends one frame and lets it arrive. */
export function feed(r: Rig, frame: unknown): void {
  r.server.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  r.clock.advance(0)
}

/** A rig with a link that is up. */
export function up(options: Parameters<typeof rig>[0] = {}): Rig {
  const r = rig(options)
  r.server.accepts({ level: 0 })
  r.live.connect()
  r.clock.advance(100)
  return r
}
