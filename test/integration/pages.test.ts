// A hundred pages with eight channels each open at once: what they need is counted here, and measured by `npm run bench`.
import { expect, it } from 'vitest'
import { runPages } from '../bench/pages.ts'
import { bundled } from '../support/bundled.ts'

it('[A3 G10a G20] a page with eight channels has one socket and one frame to subscribe, and all its first data; bare sockets are eight', async () => {
  const script = await bundled(new URL('../bench/server-process.ts', import.meta.url))
  const samples = await runPages({ pages: 100, channels: 8, repeats: 1 }, script)
  expect(samples).toMatchObject([
    { contender: 'ours', ready: 800, sockets: 1, subscribes: 1 },
    { contender: 'bare', ready: 800, sockets: 8 },
  ])
})
