// The cases as a program for a thread: runs the one it is told to and posts what is wrong, or null.
import { parentPort, workerData } from 'node:worker_threads'
import { cases } from './cases.ts'

/** What is wrong, or null. */
export type Verdict = string | null

const name = workerData as string
const tell = (words: Verdict): void => parentPort?.postMessage(words)
Promise.resolve()
  .then(() => cases[name]?.())
  .then(
    () => tell(null),
    (cause: unknown) => tell(cause instanceof Error ? cause.message : String(cause)),
  )
