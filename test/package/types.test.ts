// The declarations of the packed tarball, read by the compiler of somebody else with no check left out.
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { installPacked } from '../support/packed.ts'
import { root } from '../support/source-files.ts'

const tsc = join(root, 'node_modules/typescript/bin/tsc')
const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'ES2022',
}
const browser = `
  import { createConnection, webSocket, isHoldfastError, type Connection, type StateSnapshot } from 'holdfast'
  import { useChannel, useConnection } from 'holdfast/react'
  import { useChannel as useVueChannel } from 'holdfast/vue'
  import { watch } from 'holdfast/vanilla'
  import { mockServer, virtualClock } from 'holdfast/testing'
  interface Queue { readonly waiting: number }
  export const live: Connection = createConnection({ url: '/ws', transport: webSocket() })
  const queue = live.state<Queue>('queue', { load: ({ signal }) => fetch('/api/queue', { signal }), pollEvery: 10_000 })
  export const snapshot: StateSnapshot<Queue> = queue.getSnapshot()
  export const status: 'idle' | 'connected' | string = useConnection(live, (all) => all.status)
  export const waiting: number | undefined = useChannel(queue, (all) => all.data?.waiting)
  export const shown: Queue | undefined = useVueChannel(queue).data.value
  export const stop: () => void = watch(live, (all) => all.status, () => {})
  export const mock = mockServer(virtualClock())
  // @ts-expect-error - there is no such option
  createConnection({ url: '/ws', nonsense: 1 })
  live.on('error', (error) => isHoldfastError(error) && error.code)
`
const node = `
  import { createServer } from 'holdfast/server'
  import * as protocol from 'holdfast/protocol'
  import * as proxy from 'holdfast/testing/proxy'
  export const server = createServer()
  export { protocol, proxy }
`

// Neither @types/ws nor, for a browser, @types/node.
const inBrowser = installPacked(['mitt', 'zod', 'react', 'vue', '@types/react'])
const onNode = installPacked(['mitt', 'ws', 'zod', 'react', 'vue', '@types/react', '@types/node'])
afterAll(() => {
  inBrowser.remove()
  onNode.remove()
})

it('[E1] a browser app compiles as a bundler resolves, without the types of Node', () => {
  const compilerOptions = {
    ...strict,
    module: 'ESNext',
    moduleResolution: 'Bundler',
    lib: ['ES2022', 'DOM'],
    types: [],
  }
  inBrowser.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['app.ts'] }))
  inBrowser.write('app.ts', browser)
  expect(inBrowser.run(process.execPath, [tsc])).toBe('')
})

it('[E1] an app on Node compiles as ESM and as CommonJS, without the types of ws', () => {
  const compilerOptions = { ...strict, module: 'NodeNext', lib: ['ES2022', 'DOM'], types: ['node'] }
  onNode.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['app.mts', 'app.cts'] }))
  onNode.write('app.mts', browser + node)
  onNode.write('app.cts', browser + node)
  expect(onNode.run(process.execPath, [tsc])).toBe('')
})

it('[E1] a wrong type does not compile', () => {
  onNode.write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...strict, module: 'NodeNext' }, files: ['wrong.mts'] }),
  )
  onNode.write('wrong.mts', `import { createConnection } from 'holdfast'\ncreateConnection({ url: 1 })`)
  expect(() => onNode.run(process.execPath, [tsc])).toThrow('TS2322')
})
