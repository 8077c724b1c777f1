// Turns: what is asked for during a turn happens after it.
import { expect, it } from 'vitest'
import { createTurns } from '../../../src/lib/turns.ts'

it('[P15] a task of a task runs after it, in order', () => {
  const turns = createTurns()
  const log: string[] = []
  turns.run(() => {
    log.push('a begins')
    turns.run(() => {
      log.push('b begins')
      turns.run(() => log.push('d'))
      log.push('b ends')
    })
    turns.run(() => log.push('c'))
    log.push('a ends')
  })
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c', 'd'])
})

it('[G17] a task that throws stops no other, and its caller learns of it', () => {
  const turns = createTurns()
  const log: string[] = []
  expect(() =>
    turns.run(() => {
      turns.run(() => log.push('after'))
      throw new Error('mine')
    }),
  ).toThrow('mine')
  turns.run(() => log.push('later'))
  expect(log).toEqual(['after', 'later'])
})

it('[G8] finish() forgets what waits, runs its task and what that asks for, then nothing any more', () => {
  const turns = createTurns()
  const log: string[] = []
  turns.run(() => {
    turns.run(() => log.push('forgotten'))
    turns.finish(() => {
      log.push('end')
      turns.run(() => log.push('of the end'))
    })
    log.push('under way')
  })
  turns.run(() => log.push('too late'))
  turns.finish(() => log.push('twice'))
  expect(log).toEqual(['under way', 'end', 'of the end'])
})
