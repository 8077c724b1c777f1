// toFirstData(): what a channel of the benchmark is first, a few hundred bytes.

export interface FirstData {
  readonly channel: string
  readonly rows: ReadonlyArray<{ readonly id: number; readonly title: string; readonly score: number }>
}

export function toFirstData(channel: string): FirstData {
  return {
    channel,
    rows: Array.from({ length: 8 }, (_, id) => ({ id, title: `${channel} ${id}`, score: id / 7 })),
  }
}
