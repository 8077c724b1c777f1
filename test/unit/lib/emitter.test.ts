// The emitter: mitt, with listeners that cannot hurt each other.
import { expect, it } from 'vitest'
import { createEmitter } from '../../../src/lib/emitter.ts'

interface Events extends Record<string, unknown> {
  readonly a: number
  readonly b: string
}

it('[G17] reports what a listener threw, with its event, and goes on', () => {
  const reported: unknown[] = []
  const heard: number[] = []
  const emitter = createEmitter<Events>((error, event) => reported.push([(error as Error).message, event]))
  emitter.on('a', () => {
    throw new Error('mine')
  })
  emitter.on('a', (n) => heard.push(n))
  emitter.emit('a', 1)
  expect(reported).toEqual([['mine', 'a']])
  expect(heard).toEqual([1])
})

it('[G17] unsubscribes once, at once, also within the event under way', () => {
  const emitter = createEmitter<Events>(() => undefined)
  const heard: string[] = []
  const off: Array<() => void> = []
  emitter.on('a', () => off[0]?.())
  off.push(emitter.on('a', () => heard.push('unsubscribed')))
  const same = (): number => heard.push('same')
  off.push(emitter.on('a', same), emitter.on('a', same))
  emitter.emit('a', 1)
  expect(heard).toEqual(['same', 'same'])
  off[1]!()
  off[1]!()
  emitter.emit('a', 2)
  expect(heard).toHaveLength(3)
  expect(emitter.count('a')).toBe(2)
  expect(emitter.count('b')).toBe(0)
})

it('[G8] interrupted, the event under way reaches nobody further; the next one does', () => {
  const emitter = createEmitter<Events>(() => undefined)
  const heard: string[] = []
  emitter.on('a', (n) => {
    heard.push(`first ${n}`)
    if (n === 1) emitter.interrupt()
  })
  emitter.on('a', (n) => heard.push(`second ${n}`))
  emitter.emit('a', 1)
  emitter.emit('a', 2)
  expect(heard).toEqual(['first 1', 'first 2', 'second 2'])
  emitter.clear()
  emitter.emit('a', 3)
  expect(heard).toHaveLength(3)
})
