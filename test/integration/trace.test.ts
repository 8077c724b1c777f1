// The checkers of the simulator over what really happened: real sockets, a real server process, signals and a fault proxy.
import { describe, expect, it } from 'vitest'
import { until } from '../support/scene.ts'
import { createRecordedScene, type RecordedScene } from '../support/recorded-scene.ts'

/** How many links were opened by the client of that name. */
const opens = ({ trace }: RecordedScene, client: string): number =>
  trace.filter((entry) => entry.client === client && entry.kind === 'effect' && entry.effect.type === 'open')
    .length
const areAll = ({ clients }: RecordedScene, ...statuses: string[]): boolean =>
  clients.every(({ live }) => statuses.includes(live.getSnapshot().status))
/** Pushes arrive, and what is sent leaves. */
const talk = async (scene: RecordedScene): Promise<void> => {
  for (const { live } of scene.clients) void live.send('note', { text: 'hello' })
  for (let change = 0; change < 5; change++) await scene.change()
  await until('the change to be seen', scene.areWell)
}

describe.concurrent('every invariant holds on real sockets', () => {
  it('[INV-1 INV-12 INV-30] when the server is killed and started anew, twice (fault S1)', async (context) => {
    const scene = await createRecordedScene(context, 4)
    for (let life = 0; life < 2; life++) {
      await talk(scene)
      for (const { live } of scene.clients) void live.send('lost', 1, { ttl: 5_000 })
      await scene.restart()
      await until('everybody to be back', scene.areWell)
    }
    await talk(scene)
    await scene.judge()
    expect(scene.clients.map((_, index) => opens(scene, `c${index}`) >= 3)).not.toContain(false)
  })

  it('[INV-2 INV-11 INV-30] when the server is stopped until it is left, and thaws (fault S2)', async (context) => {
    const scene = await createRecordedScene(context, 3)
    await talk(scene)
    await scene.server.kill('SIGSTOP')
    await until('everybody to leave', () => areAll(scene, 'reconnecting'))
    for (const { live } of scene.clients) void live.send('early', 1)
    await scene.server.kill('SIGCONT')
    await until('everybody to be back', scene.areWell)
    await talk(scene)
    await scene.judge()
  })

  it('[INV-2 INV-5 INV-11] when links are cut, stall one way and both, and are slow (fault N7) (fault N9) (fault N10) (fault N11) (fault N13)', async (context) => {
    const scene = await createRecordedScene(context, 3)
    const { proxy } = scene
    const links = (): number => opens(scene, 'c0') + opens(scene, 'c1') + opens(scene, 'c2')
    for (const way of ['both', 'toClient', 'toTarget'] as const) {
      const before = links()
      await proxy.blackHole(way)
      await until('everybody to leave', () => areAll(scene, 'reconnecting') && links() > before)
      await proxy.heal()
      await until('everybody to be back', scene.areWell)
    }
    proxy.latency(150, 100)
    await talk(scene)
    proxy.cut()
    await until('everybody to notice', () => areAll(scene, 'reconnecting', 'connecting'))
    await until('everybody to be back', scene.areWell)
    await proxy.heal()
    await talk(scene)
    await scene.judge()
  })

  it('[INV-4 INV-7 INV-19] when clients close in the middle of everything', async (context) => {
    const scene = await createRecordedScene(context, 5)
    const [first, second, third, fourth] = scene.clients
    scene.proxy.cut()
    void second?.live.send('note', 1, { ttl: 60_000 })
    first?.live.close()
    await until('the others to notice', () => second?.live.getSnapshot().status !== 'connected')
    void third?.channel('queue').refresh()
    second?.live.close()
    third?.live.close()
    const waiting = fourth?.live.ready()
    fourth?.live.reset()
    fourth?.live.disconnect()
    await expect(waiting).rejects.toThrow()
    fourth?.live.close()
    await until(
      'the last one to be back',
      () => scene.clients.at(-1)?.live.getSnapshot().status === 'connected',
    )
    await scene.end()
    const left = scene.trace.filter(({ kind }) => kind === 'left')
    expect(left.map(({ client }) => client)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
  })
})
