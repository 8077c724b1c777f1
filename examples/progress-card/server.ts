// Jobs that take a while. How far one is follows from its start, which stands in a file: it goes on whatever becomes of this process.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'holdfast/server'
import { isOwnPage, serve } from '../shared/serve.ts'

/** A job as it is told, by push and by REST. */
export interface Job {
  readonly state: 'running' | 'done' | 'failed'
  readonly percent: number
}

const file = process.env['JOBS_FILE'] ?? join(tmpdir(), 'holdfast-jobs.json')
const takes = Number(process.env['JOB_TAKES'] ?? 20_000)
type Start = { readonly at: number; readonly fails: boolean }
const read = (): [string, Start][] => JSON.parse(readFileSync(file, 'utf8')) as [string, Start][]
const starts = new Map(existsSync(file) ? read() : [])

function look(id: string): Job | undefined {
  const start = starts.get(id)
  if (!start) return undefined
  const end = start.fails ? 60 : 100
  const percent = Math.min(end, Math.floor(((Date.now() - start.at) / takes) * 100))
  return { state: percent < end ? 'running' : start.fails ? 'failed' : 'done', percent }
}

/** Pushes what changes, until 5 s after the end. Then REST alone knows. */
function follow(id: string, { at }: Start): void {
  const stop = live.watch(`job:${id}`, { every: 200, load: () => look(id) })
  setTimeout(stop, at + takes + 5_000 - Date.now())
}

const live = createServer({ origins: isOwnPage })
for (const [id, start] of starts) follow(id, start)

serve(live, ({ method, url }) => {
  const { pathname, searchParams } = new URL(url)
  if (method === 'POST' && pathname === '/api/jobs') {
    const id = crypto.randomUUID()
    const start = { at: Date.now(), fails: searchParams.has('fails') }
    writeFileSync(file, JSON.stringify([...starts.set(id, start)].slice(-100)))
    follow(id, start)
    return { id }
  }
  return look(pathname.slice('/api/jobs/'.length))
})
