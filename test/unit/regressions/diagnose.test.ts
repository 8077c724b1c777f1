// A diagnose that always asks for more time once kept the socket from ever being tried again.
import { expect, it } from 'vitest'
import { rig } from '../behaviour/rig.ts'

it('[G4 G7] what diagnose asks to wait for is waited for once, and then the socket is tried (fault N5)', async () => {
  let asked = 0
  const { clock, server, live, opens } = rig({
    diagnose: () => {
      asked++
      return { after: 300 }
    },
  })
  server.refuses()
  live.connect()
  await clock.advanceAsync(60_000)
  expect(opens.length).toBeGreaterThan(6)
  // Once for every third attempt that never opened.
  expect(Math.abs(asked - opens.length / 3)).toBeLessThan(1)
  server.accepts()
  await clock.advanceAsync(60_000)
  expect(live.getSnapshot().status).toBe('connected')
})
