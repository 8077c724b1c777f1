// One thing after the other, for each key.
import { expect, it } from 'vitest'
import { createTurns } from '../../../src/server/turns.ts'

it('[G11 G21] runs what has the same key in order, whatever becomes of it, and keeps nothing of a key that is idle', async () => {
  const turns = createTurns<string>()
  const log: string[] = []
  let fail = (): void => undefined
  const first = turns.run('a', () => new Promise((_, reject) => (fail = () => reject(new Error('no')))))
  const second = turns.run('a', () => log.push('second'))
  await turns.run('b', () => log.push('elsewhere'))
  expect([log, turns.has('a')]).toEqual([['elsewhere'], true])
  fail()
  await expect(first).rejects.toThrow('no')
  await second
  await Promise.resolve()
  expect([log, turns.has('a'), turns.has('b')]).toEqual([['elsewhere', 'second'], false, false])
})
