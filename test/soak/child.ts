// Questions and answers between the soak test and its child processes: startChild() on one side, serve() on the other.
import { fork } from 'node:child_process'

/** What a child can be asked, by name; each answer can be cloned. */
type Answers = Readonly<Record<string, (question: never) => unknown>>

type Question<A extends Answers, N extends keyof A> = Parameters<A[N]>[0]
type Answer<A extends Answers, N extends keyof A> = Awaited<ReturnType<A[N]>>

/** A child process that answers questions. */
export interface Child<A extends Answers> {
  /** Rejects when the child ends before it answered. */
  ask<N extends keyof A & string>(name: N, question?: Question<A, N>): Promise<Answer<A, N>>
  kill(signal: NodeJS.Signals): void
  /** Resolves when it has ended. */
  readonly gone: Promise<void>
}

interface Asked {
  readonly id: number
  readonly name: string
  readonly question: unknown
}

type Told =
  { readonly id: number; readonly answer?: unknown; readonly error?: string } | { readonly news: unknown }

const running = new Set<() => void>()
process.on('exit', () => running.forEach((kill) => kill()))

/** Starts a bundled script; it ends with this process at the latest. `onNews` is told what the child tells unasked. */
export function startChild<A extends Answers>(
  script: string,
  onNews: (news: unknown) => void = () => undefined,
): Child<A> {
  const child = fork(script, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>()
  const end = (): void => void child.kill('SIGKILL')
  let count = 0
  running.add(end)
  child.on('message', (told: Told) => {
    if ('news' in told) return onNews(told.news)
    const { id, answer, error } = told
    if (error === undefined) waiting.get(id)?.resolve(answer as never)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  const gone = new Promise<void>((resolve) => {
    child.on('exit', () => {
      running.delete(end)
      for (const { reject } of waiting.values()) reject(new Error('The process has ended.'))
      waiting.clear()
      resolve()
    })
  })
  return {
    ask: (name, question) =>
      new Promise((resolve, reject) => {
        count += 1
        waiting.set(count, { resolve, reject })
        const asked: Asked = { id: count, name, question }
        child.send(asked, (error) => {
          if (error !== null) reject(error)
        })
      }),
    kill: (signal) => void child.kill(signal),
    gone,
  }
}

/** In the child: answers what it is asked, and ends when nobody is there to ask. */
export function serve(answers: Answers): void {
  process.on('message', ({ id, name, question }: Asked) => {
    const answer = async (): Promise<unknown> => answers[name]?.(question as never)
    void answer().then(
      (result) => tell({ id, answer: result }),
      (error: unknown) => tell({ id, error: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  // Opened at the first look, whoever's it is: now, so that they are not taken for something left over.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit())
}

/** In the child: tells something unasked. */
export function tellNews(news: unknown): void {
  tell({ news })
}

function tell(told: Told): void {
  process.send?.(told)
}
