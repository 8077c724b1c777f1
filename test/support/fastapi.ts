// startFastApi(): a FastAPI app under uvicorn, as Debian has them.
import { fileURLToPath } from 'node:url'
import { findPython } from './machine.ts'
import { startProgram, type Program } from './program.ts'

export interface FastApiOptions {
  /** A module of `examples/fastapi` or `test/integration/fastapi`. */
  readonly module: string
  /** 0: any free one. */
  readonly port?: number
  /** Who speaks WebSocket: uvicorn's default, or wsproto. */
  readonly ws?: 'auto' | 'wsproto'
}

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const folders = [folder('examples/fastapi'), folder('test/integration/fastapi')]

export function startFastApi({ module, port = 0, ws = 'auto' }: FastApiOptions): Promise<Program> {
  const options = ['--host', '127.0.0.1', '--port', String(port), '--ws', ws, '--ws-max-size', '65536']
  return startProgram({
    command: findPython() ?? 'python3',
    args: ['-m', 'uvicorn', `${module}:app`, ...options],
    env: { PYTHONPATH: folders.join(':'), PYTHONDONTWRITEBYTECODE: '1' },
    listening: /running on http:\/\/127\.0\.0\.1:(\d+)/,
  })
}
