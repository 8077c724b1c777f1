// The store: tells its subscribers of changes, once, and survives them.
import { expect, it } from 'vitest'
import { createStore } from '../../../src/lib/store.ts'

it('[A7] tells nobody of the same value', () => {
  const store = createStore(1, () => undefined)
  let told = 0
  store.subscribe(() => told++)
  store.set(1)
  store.set(2)
  store.set(2)
  expect([told, store.getSnapshot(), store.getInitialSnapshot()]).toEqual([1, 2, 1])
})

it('[A7] tells once of several changes that are put off', () => {
  const later: Array<() => void> = []
  const store = createStore(1, () => undefined, { schedule: (tell) => later.push(tell) })
  const seen: number[] = []
  store.subscribe(() => seen.push(store.getSnapshot()))
  store.set(2)
  store.set(3)
  for (const tell of later) tell()
  expect(seen).toEqual([3])
})

it('[G17] reports what a subscriber threw, and tells the next', () => {
  const reported: unknown[] = []
  const store = createStore(1, (error) => reported.push(error))
  let told = 0
  store.subscribe(() => {
    throw new Error('mine')
  })
  store.subscribe(() => told++)
  store.set(2)
  expect([reported.length, told]).toEqual([1, 1])
})

it('[A10 G17] unsubscribes once, also while it tells; the same function may subscribe twice', () => {
  const store = createStore(1, () => undefined)
  let told = 0
  const run = (): number => told++
  const leave = store.subscribe(() => {
    second()
  })
  const second = store.subscribe(run)
  const third = store.subscribe(run)
  store.set(2)
  expect(told).toBe(1)
  second()
  expect(store.size).toBe(2)
  leave()
  third()
  expect(store.size).toBe(0)
  store.subscribe(run)
  store.clear()
  store.set(3)
  expect([told, store.size]).toEqual([1, 0])
})

it('[A7 G13] tells nobody of what came to nothing before it was told, unless somebody has looked', () => {
  const later: Array<() => void> = []
  const store = createStore({ n: 1 }, () => undefined, {
    schedule: (tell) => later.push(tell),
    isSame: (a, b) => a.n === b.n,
  })
  const first = store.getSnapshot()
  let told = 0
  store.subscribe(() => told++)
  for (const look of [false, true]) {
    store.set({ n: 2 })
    if (look) store.getSnapshot()
    store.set({ n: 1 })
    for (const tell of later.splice(0)) tell()
    expect(told).toBe(look ? 1 : 0)
    expect(store.getSnapshot() === first).toBe(!look)
  }
})

it('[A7] tells of what came to nothing where one reader has seen it and another has not', () => {
  const later: Array<() => void> = []
  const store = createStore({ n: 1 }, () => undefined, {
    schedule: (tell) => later.push(tell),
    isSame: (a, b) => a.n === b.n,
  })
  let told = 0
  store.subscribe(() => told++)
  store.set({ n: 2 })
  store.getSnapshot()
  store.set({ n: 1 })
  store.getSnapshot()
  for (const tell of later.splice(0)) tell()
  expect(told).toBe(1)
})
