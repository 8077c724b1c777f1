// Every order of events a channel can meet, up to a depth: the newest confirmed value wins, and live is never claimed early.
import { describe, expect, it } from 'vitest'
import type { ChannelEffect } from '../../src/channels/model.ts'
import {
  earliestSlot,
  moves,
  play,
  start,
  toFreshness,
  toKey,
  type ChannelWorld,
  type Mode,
  type Move,
} from './channel-world.ts'

/** What is wrong with a step, in a sentence; null if nothing is. */
function judge(
  before: ChannelWorld,
  move: Move,
  after: ChannelWorld,
  effects: readonly ChannelEffect[],
  interval: number | null,
): string | null {
  const { channel, shown, owed, load, now } = after
  const freshness = toFreshness(channel)
  const forgotten = effects.some((effect) => effect.type === 'forget')
  // A load may overtake a push that is on its way. Without a `version` nobody can tell: the pushes behind it put it right.
  const overtaken = move.type === 'deliver' && shown === (before.link?.[0] ?? null)
  const lost = before.shown !== null && ((shown ?? 0) & before.shown) !== before.shown
  if (lost && !forgotten && !overtaken) return 'G16: something confirmed was lost'
  if ((freshness === 'unknown') !== (shown === null)) return 'G15: unknown means no data, and nothing else'
  if (freshness === 'live' && ((shown ?? 0) & owed) !== owed) return 'G15: live, and something is missing'
  if (freshness === 'live' && (after.link === null || channel.doubted))
    return 'G15: live without a link that is trusted'
  if ((channel.load === null) !== (load === null))
    return 'G10: the load the channel knows is not the one under way'
  if (freshness === 'live' && channel.timers.load !== undefined) return 'G10: live, and still polling'
  const idle =
    channel.active && !load && freshness !== 'live' && channel.timers.load === undefined && !channel.missed
  if (idle && (interval !== null || (after.link !== null && !channel.doubted) || shown === null))
    return 'G10: not live, and nothing will ever load'
  if (!channel.active && (load ?? earliestSlot(channel)))
    return 'G8: nobody wants it, and something is still under way'
  if (move.type === 'due' && (channel.timers[move.slot] ?? Infinity) <= now)
    return `G10: ${move.slot} stays due`
  return null
}

/** With a healthy server, a trusted link and a page in front, whatever there was ends live and complete. */
function heal(world: ChannelWorld, mode: Mode, interval: number | null): string | null {
  let now = world
  const go = (move: Move): void => void ([now] = play(now, move, mode, interval))
  if (!now.channel.active || now.channel.timers.linger !== undefined)
    go({ type: 'tell', event: { type: 'subscribed' } })
  if (now.channel.away) go({ type: 'tell', event: { type: 'back' } })
  if (!now.link) go({ type: 'up', greets: false })
  if (now.channel.doubted) go({ type: 'tell', event: { type: 'trusted' } })
  for (let steps = 0; steps < 30; steps++) {
    if (
      toFreshness(now.channel) === 'live' &&
      now.shown === now.server &&
      now.link?.length === 0 &&
      !now.load
    )
      return null
    const slot = earliestSlot(now.channel)
    if (now.link && now.link.length > 0) go({ type: 'deliver' })
    else if (now.load?.taken === null) go({ type: 'take' })
    else if (now.load) go({ type: 'answer', how: 'well' })
    else if (slot) go({ type: 'due', slot })
    else break
  }
  return `G15: never live again, but ${toFreshness(now.channel)} with ${now.shown} of ${now.server}`
}

interface Found {
  readonly worlds: number
  readonly edges: number
  readonly wrong: readonly string[]
  readonly moves: ReadonlySet<string>
}

function explore(mode: Mode, interval: number | null, depth: number): Found {
  const seen = new Map<string, readonly Move[]>([[toKey(start), []]])
  const wrong: string[] = []
  const hit = new Set<string>()
  let edges = 0
  let layer: ReadonlyArray<readonly [ChannelWorld, readonly Move[]]> = [[start, []]]
  for (let level = 0; level < depth && wrong.length === 0; level++) {
    const next: Array<readonly [ChannelWorld, readonly Move[]]> = []
    for (const [world, way] of layer) {
      for (const move of moves(world)) {
        edges++
        hit.add(move.type === 'tell' ? move.event.type : move.type === 'due' ? `due ${move.slot}` : move.type)
        const [after, effects] = play(world, move, mode, interval)
        const on = [...way, move]
        const sentence = judge(world, move, after, effects, interval)
        if (sentence !== null) wrong.push(`${sentence} after ${JSON.stringify(on)}`)
        const key = toKey(after)
        if (seen.has(key)) continue
        seen.set(key, on)
        next.push([after, on])
        const stuck = heal(after, mode, interval)
        if (stuck !== null) wrong.push(`${stuck} after ${JSON.stringify(on)}`)
      }
    }
    layer = next
  }
  return { worlds: seen.size, edges, wrong: wrong.slice(0, 3), moves: hit }
}

describe('every order of load and push', () => {
  const cases = [
    ['replace', 10_000, 8],
    ['change', 10_000, 8],
    ['reload', 10_000, 8],
    ['replace', null, 8],
    ['change', null, 8],
  ] as const

  it.each(cases)(
    '[A6 G10 G15 G16 P17] a %s channel polled every %s ms keeps its word through every %s events',
    (mode, interval, depth) => {
      const { worlds, edges, wrong, moves: hit } = explore(mode, interval, depth)
      console.log(`  ${mode}, interval ${interval}: ${worlds} worlds, ${edges} edges`)
      expect(wrong).toEqual([])
      expect(hit).toEqual(
        new Set([
          ...hit,
          'deliver',
          'take',
          'answer',
          'due load',
          'due deadline',
          'due linger',
          'spoiled',
          'woke',
          'reset',
        ]),
      )
      expect(worlds).toBeGreaterThan(5_000)
    },
  )
})
