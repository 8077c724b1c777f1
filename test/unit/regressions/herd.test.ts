// A loss soon after the first connection once brought a whole herd back at the same instant.
import { expect, it } from 'vitest'
import { rig } from '../behaviour/rig.ts'

it('[G4 INV-26] clients that lose their links before they were stable come back spread over half the window, none of them later (fault S3)', () => {
  const waits = Array.from({ length: 200 }, (_, seed) => {
    const { clock, server, live, opens, at } = rig({ network: { seed: seed + 1 } })
    server.accepts({ window: 4_000 })
    live.connect()
    clock.advance(2_000)
    server.closeAll(1006)
    clock.advance(0)
    const lostAt = at()
    clock.advance(10_000)
    return (opens.at(-1) ?? 0) - lostAt
  })
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000)
  expect(Math.max(...waits)).toBeLessThanOrEqual(4_000)
  const slots = new Map<number, number>()
  for (const wait of waits) slots.set(Math.floor(wait / 200), (slots.get(Math.floor(wait / 200)) ?? 0) + 1)
  expect(Math.max(...slots.values())).toBeLessThanOrEqual(3 * (waits.length / 10))
})
