// What every test of hostile input needs: bytes in, and the proof that the link goes on.
import { expect } from 'vitest'
import type { Rig } from './rig.ts'

export const MB = 1_048_576

/** Sends one frame and lets it arrive. */
export function feed(r: Rig, text: string): void {
  r.server.send(text)
  r.clock.advance(0)
}

/** The link still does what links do. */
export function expectWorking(r: Rig): void {
  const heard: unknown[] = []
  const off = r.live.on('message', ({ data }) => heard.push(data))
  feed(r, '{"type":"still","data":"here"}')
  off()
  expect(heard).toEqual(['here'])
  expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  expect(r.opens).toHaveLength(1)
}

/** Milliseconds of real time. Generous bounds only: what is looked for is a square where there should be a line. */
export function took(run: () => void): number {
  const from = performance.now()
  run()
  return performance.now() - from
}
