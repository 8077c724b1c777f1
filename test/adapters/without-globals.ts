// Runs something where looking at a global that only some places have is an error. `document` is not among them: asking
// whether there is one is how a page is told from a server, and in these tests there is none.

const forbidden = [
  'window',
  'navigator',
  'location',
  'localStorage',
  'WebSocket',
  'EventSource',
  'BroadcastChannel',
  'fetch',
  'requestAnimationFrame',
] as const

/** Calls `run` while each of these globals throws when it is looked at. */
export function withoutGlobals<T>(run: () => T): T {
  const before = forbidden.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const name of forbidden) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get(): never {
        throw new Error(`${name} was touched`)
      },
    })
  }
  try {
    return run()
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
    }
  }
}
