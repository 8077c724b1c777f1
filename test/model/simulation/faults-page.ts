// What can happen to the page of a client, and to its machine.
import { later, pick, seconds, type Faults } from './fault.ts'

export const pageFaults: Faults = {
  hide: {
    ids: 'B1',
    isLocal: true,
    lasts: [2_000, 900_000],
    run(scene, { machine: { page }, plan }, { ms }) {
      if (!page.isVisible()) return null
      page.setVisible(false)
      later(scene, ms, () => page.setVisible(true))
      return `${plan.name}: hidden for ${seconds(ms)}`
    },
  },
  freeze: {
    ids: 'B2',
    isLocal: true,
    lasts: [1_000, 900_000],
    run(scene, { machine: { page }, plan }, { ms, value }) {
      if (!page.pause('freeze', ms, value)) return null
      later(scene, ms + 1, () => page.setVisible(true))
      return `${plan.name}: frozen for ${seconds(ms)}`
    },
  },
  cache: {
    ids: 'B3 B4',
    isLocal: true,
    lasts: [1_000, 600_000],
    run: (_scene, { machine, plan }, { ms, value }) =>
      machine.page.pause('cache', ms, value)
        ? `${plan.name}: in the back-forward cache for ${seconds(ms)}`
        : null,
  },
  sleep: {
    ids: 'B5 B6 B19',
    isLocal: true,
    lasts: [3_000, 28_800_000],
    run(_scene, { machine, plan }, { ms, value }) {
      const kind = value * 7 - Math.floor(value * 7) < 0.7 ? 'sleep' : 'sleep with running clock'
      if (!machine.page.pause(kind, ms, value)) return null
      // What was open is not, after a while: the server or a router has given it up.
      if (ms > 60_000) machine.cut(false)
      return `${plan.name}: the machine sleeps for ${seconds(ms)}${kind === 'sleep' ? '' : ', its monotonic clock goes on'}`
    },
  },
  block: {
    ids: 'B12 C3 C5',
    isLocal: true,
    lasts: [100, 60_000],
    run: (_scene, { machine, plan }, { ms, value }) =>
      machine.page.pause('block', ms, value)
        ? `${plan.name}: the thread is blocked for ${seconds(ms)}`
        : null,
  },
  'wall jump': {
    ids: 'C1',
    isLocal: true,
    run(_scene, { machine, plan }, { value }) {
      const ms = Math.round((value - 0.5) * 2 * 86_400_000)
      machine.thread.jumpWall(ms)
      return `${plan.name}: someone sets the clock by ${seconds(ms)}`
    },
  },
  offline: {
    ids: 'B9 N18',
    isLocal: true,
    lasts: [500, 300_000],
    run(scene, { machine: { page, path }, plan }, { ms }) {
      if (!page.isOnline()) return null
      for (const way of ['up', 'down'] as const) path.stall(way)
      page.setOnline(false)
      later(scene, ms, () => {
        for (const way of ['up', 'down'] as const) path.flow(way)
        page.setOnline(true)
      })
      return `${plan.name}: offline for ${seconds(ms)}`
    },
  },
  'false alarm': {
    ids: 'B8 B9 B10 B11',
    isLocal: true,
    run(_scene, { machine: { page }, plan }, { value }) {
      const same = page.isVisible() ? 'visible' : 'hidden'
      const signal = pick(['online', 'offline', 'network', 'restored', 'resumed', same] as const, value)
      page.signal(signal)
      if (value * 10 - Math.floor(value * 10) < 0.3) page.signal('online')
      return `${plan.name}: the page says ${signal}, and nothing has changed`
    },
  },
  forbidden: {
    ids: 'B16',
    isLocal: true,
    run: (_scene, { machine, plan }) => (
      (machine.forbidden = 1),
      `${plan.name}: the next WebSocket may not be made`
    ),
  },
}
