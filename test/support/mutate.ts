// Runs a program of ours in a thread of its own, bundled, with or without a fault planted in the source: nothing is written anywhere.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { root } from './source-files.ts'

/** A fault to plant: a text that occurs exactly once in a file of `src`, and what stands there instead. */
export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** How often the text to replace occurs. */
export function occurrences({ file, find }: Patch): number {
  return readFileSync(root + file, 'utf8').split(find).length - 1
}

/** The program as one text of JavaScript. */
export async function bundle(entry: string, patch?: Patch): Promise<string> {
  let patched = 0
  const { outputFiles } = await build({
    entryPoints: [root + entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'silent',
    plugins: [
      {
        name: 'patch',
        setup({ onLoad }) {
          if (!patch) return
          onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
            if (relative(root, path) !== patch.file) return undefined
            patched++
            const [before = '', after, more] = readFileSync(path, 'utf8').split(patch.find)
            if (after === undefined || more !== undefined)
              throw new Error(`${patch.file} does not have it once: ${patch.find}`)
            return { contents: before + patch.replace + after, loader: 'ts' }
          })
        },
      },
    ],
  })
  if (patch && patched === 0) throw new Error(`${entry} does not use ${patch.file}`)
  return outputFiles[0]?.text ?? ''
}

/** Runs a bundle, which is given `data` and posts one message back. Rejects when it throws, or takes longer than `timeout`. */
export function runBundle<T>(code: string, data: unknown, timeout: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData: data, stdout: true, stderr: true })
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      settle()
      void worker.terminate()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`no answer within ${timeout} ms`))), timeout)
    worker.once('message', (message: T) => end(() => resolve(message)))
    worker.once('error', (cause) => end(() => reject(cause)))
    worker.once('exit', () => end(() => reject(new Error('ended without an answer'))))
  })
}
