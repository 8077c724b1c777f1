// The whole client under fuzz: a server that says anything, in any order, at any level, and then is a good one again.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScene, type Deed, type Level } from './client-scene.ts'
import { serverText } from './frames.ts'
import { nested } from './json-text.ts'
import { watchPrototypes } from './prototypes.ts'
import { patience, runs } from './runs.ts'

const codes = [
  ...[0, 999, 1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1012, 1013, 1015, 2999, 3000, 3003],
  ...[4000, 4300, 4399, 4400, 4401, 4403, 4409, 4413, 4429, 4503, 5000, 65_535],
]
const reasons = [
  '',
  'retry_after=5000;spread=10000',
  'retry_after=-1',
  'retry_after=1e12;spread=NaN',
  'retry_after=0;spread=0',
  'bad token CANARY-5f1c9a',
  '\u001b[2J<script>',
]

/** What is worth sending very often. */
const floods = [
  '{"type":"ping","timestamp":1}',
  '{"type":"pong","timestamp":1}',
  '{"type":"server_ready","v":1,"reconnect":{"window":500}}',
  '{"type":"rt.error","code":"x","message":"y"}',
  '{"type":"signals"}',
]

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(serverText, { minLength: 1, maxLength: 12 })
      .map((texts) => ({ do: 'send', texts }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.oneof(serverText, fc.constantFrom(...floods)), fc.integer({ min: 20, max: 200 }))
      .map(([text, times]) => ({ do: 'send', texts: Array<string>(times).fill(text) }) as const),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(1, 250, 1_000, 5_000, 20_000).map((ms) => ({ do: 'wait', ms }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...codes), fc.constantFrom(...reasons))
      .map(([code, reason]) => ({ do: 'close', code, reason }) as const),
  },
)

describe('the client under fuzz', { timeout: patience }, () => {
  it('[G8 G17 G23 G24 INV-20 INV-21] bears whatever a server says, and is as good as new with the next good one (fault H4) (fault H7) (fault H8) (fault H9)', async () => {
    const seen = new Set<string>()
    const untouched = watchPrototypes()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Level>(null, 0, 1),
        fc.boolean(),
        fc.constantFrom('auto', 'auto', 'plain'),
        fc.array(deed, { maxLength: 12 }),
        async (level, traced, protocol, deeds) => {
          const scene = await createScene(level, traced, protocol)
          for (const each of deeds) await scene.suffer(each)
          await scene.recover()
          untouched()
          for (const what of scene.seen) seen.add(what)
        },
      ),
      runs(250),
    )
    // The search went everywhere it should.
    for (const what of [
      ...['connected', 'reconnecting', 'failed', 'protocol-error', 'rejected', 'invalid-data'],
      ...[
        'closed-by-server',
        'listener-failed',
        'sent pong',
        'sent ping',
        'queue live',
        'versioned live',
        'changes live',
      ],
      ...['signals live', 'checked live', 'part live', 'own live', 'all live', 'queue polling'],
    ])
      expect(seen).toContain(what)
  })

  it('[G23 M11] bears every field of every frame being too deep, one after the other (fault H1)', async () => {
    const untouched = watchPrototypes()
    const deep = nested(100_000)
    for (const level of [null, 0, 1] as const) {
      const scene = await createScene(level, true, 'auto')
      for (const type of [
        'server_ready',
        'rt.go_away',
        'rt.notice',
        'rt.error',
        'ping',
        'pong',
        'queue',
        'rows',
      ]) {
        const texts = ['v', 'reconnect', 'timestamp', 'data'].map(
          (field) => `{"type":"${type}","v":1,"${field}":${deep}}`,
        )
        await scene.suffer({ do: 'send', texts })
        await scene.suffer({ do: 'wait', ms: 1_000 })
      }
      await scene.recover()
    }
    untouched()
  })
})
