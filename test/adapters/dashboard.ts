// A dashboard of 50 rows, and the frames of a server that mostly says the same again.
import { toFrameText } from './frames.ts'

/** What the dashboard shows. */
export interface Dashboard {
  readonly rows: ReadonlyArray<{ readonly id: number; readonly title: string; readonly done: number }>
}

/** 50 rows, each with what was done of it. */
export function dashboard(done: readonly number[] = []): Dashboard {
  return {
    rows: Array.from({ length: 50 }, (_, id) => ({ id, title: `row ${String(id)}`, done: done[id] ?? 0 })),
  }
}

/** 100 frames: every tenth changes one row, the others repeat what was said, in other words. */
export function replayed(random: () => number): string[] {
  const done: number[] = Array.from({ length: 50 }, () => 0)
  return Array.from({ length: 100 }, (_, frame) => {
    if (frame % 10 === 9) done[(frame * 7) % 50]! += 1
    return toFrameText('dashboard', dashboard(done), random)
  })
}

/** What each row shows. */
export function rowsOf(data: Dashboard | undefined): string[] {
  return data?.rows.map(({ title, done }) => `${title} ${String(done)}`) ?? []
}
