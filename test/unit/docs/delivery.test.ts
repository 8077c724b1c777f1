// The drawings of docs/delivery.md end as a connection ends, and are the files that the page shows.
import { describe, expect, it } from 'vitest'
import { linksOf } from '../../support/pages.ts'
import { root } from '../../support/source-files.ts'
import { drawTimeline } from '../../support/timeline-drawing.ts'
import { createStage, scenes, toWords } from './timelines.ts'

/** What each drawing says at its end. */
const ends: Readonly<Record<string, string>> = {
  acked: 'acked: received, offset: 7',
  'acked-duplicate': 'acked: received, offset: 7, duplicate: true',
  written: 'written',
  'failed-not-left': 'failed: not-connected, maybeDelivered: false',
  'failed-maybe-delivered': 'failed: not-connected, maybeDelivered: true',
  expired: 'failed: expired, maybeDelivered: false',
  'queue-full': 'failed: queue-full, maybeDelivered: false',
  rejected: 'failed: rejected, maybeDelivered: false',
  'request-timeout': 'failed: request-timeout, maybeDelivered: true',
  recovered: 'told: 18, 19, 20, recovered(2), 21',
  gap: 'told: 18, gap(since 18), 401',
}

describe.each(scenes)('the drawing $name', (scene) => {
  it('[E1 G14 G18] ends as it does', async () => {
    const stage = createStage()
    expect(toWords(await scene.happens(stage))).toBe(ends[scene.name])
    stage.live.close()
    expect(stage.clock.pending).toBe(0)
  })

  it('[E1] is the file on the page (-u writes it)', async () => {
    const { isLinked, moments, mood, name } = scene
    const drawing = drawTimeline({ isLinked, moments, end: { mood, words: ends[name] ?? '' } })
    await expect(drawing).toMatchFileSnapshot(`${root}docs/images/${name}.svg`)
    expect(linksOf('docs/delivery.md')).toContain(`images/${name}.svg`)
  })
})
