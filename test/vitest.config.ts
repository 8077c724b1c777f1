// The test projects: what runs where, how long it may take, what must be ready before, and the coverage gate.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

/** The folders whose every line and branch must be covered (requirement E6). */
const complete = { lines: 100, branches: 100 }

export default defineConfig({
  root,
  // Examples and tests import the package by its name; here that is the source, in test/package the built files.
  resolve: {
    alias: [
      { find: /^holdfast$/, replacement: source('index.ts') },
      { find: /^holdfast\/testing\/proxy$/, replacement: source('testing/proxy.ts') },
      { find: /^holdfast\/protocol$/, replacement: source('schemas/index.ts') },
      { find: /^holdfast\/(react|vue|vanilla|testing|server)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}'],
      reportsDirectory: 'coverage',
      reporter: [['text', { skipFull: true }], 'lcov', 'json-summary'],
      thresholds: {
        'src/machine/**': complete,
        'src/channels/**': complete,
        'src/diff/**': complete,
        'src/protocol/**': complete,
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/{unit,model,contract}/**/*.test.{ts,tsx}', 'test/architecture.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'dom', environment: 'jsdom', include: ['test/adapters/**/*.test.{ts,tsx}'] },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: 'test/types/tsconfig.json',
          },
        },
      },
      // What follows measures times and fills the machine: one file at a time, after everything else.
      {
        extends: true,
        test: {
          name: 'integration',
          environment: 'node',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/prepare.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/support/prepare.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          environment: 'node',
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
