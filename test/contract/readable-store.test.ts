// The store contract, kept by lib/store.ts, which the connection and the channels stand on.
import { createStore } from '../../src/lib/store.ts'
import { readableContract } from './readable.ts'

readableContract('createStore()', () => {
  const errors: unknown[] = []
  const store = createStore({ number: 0 }, (error) => errors.push(error))
  return {
    readable: store,
    change: () => store.set({ number: store.getSnapshot().number + 1 }),
    errors,
    stop: () => store.clear(),
  }
})

readableContract('createStore() that tells once a turn', () => {
  const errors: unknown[] = []
  const report = (error: unknown): void => void errors.push(error)
  const store = createStore({ number: 0 }, report, { schedule: (tell) => void Promise.resolve().then(tell) })
  return {
    readable: store,
    change: () => {
      store.set({ number: store.getSnapshot().number + 1 })
      return Promise.resolve()
    },
    errors,
    stop: () => store.clear(),
  }
})
