// webSocket() over Node's own WebSocket, against a real server.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { webSocket } from '../../src/transports/websocket.ts'
import { realBench } from './real-bench.ts'
import { transportContract } from './transport.ts'

const FLAG = '--experimental-websocket'

const major = Number(process.versions.node.split('.')[0])

if (typeof WebSocket === 'function') {
  transportContract(
    `webSocket() over the WebSocket of Node ${major}`,
    () => realBench(webSocket()),
    // Seen with 20.20 and 22.23, where it lingers for 4 s; 24.21 behaves.
    major < 24 ? ['an attempt given up lingers'] : [],
  )
} else {
  describe('the Transport contract on Node 20', () => {
    it('[E4] holds for the WebSocket of Node behind its flag', { timeout: 60_000 }, async () => {
      const root = fileURLToPath(new URL('../..', import.meta.url))
      const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          vitest,
          'run',
          '--config',
          'test/vitest.config.ts',
          '--project',
          'unit',
          '--reporter',
          'json',
        ].concat('test/contract/transport-node.test.ts'),
        { cwd: root, env: { ...process.env, NODE_OPTIONS: FLAG } },
      )
      const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
        numPassedTests: number
        numFailedTests: number
      }
      expect(report.numFailedTests).toBe(0)
      expect(report.numPassedTests).toBeGreaterThan(20)
    })
  })
}
