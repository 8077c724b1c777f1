// Builds dist: every entry as ESM, CommonJS and declarations, and one script for a script tag.
import { defineConfig } from 'tsup'

export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      react: 'src/react/index.ts',
      vue: 'src/vue/index.ts',
      vanilla: 'src/vanilla/index.ts',
      testing: 'src/testing/index.ts',
      'testing-proxy': 'src/testing/proxy.ts',
      server: 'src/server/index.ts',
      protocol: 'src/schemas/index.ts',
    },
    format: ['esm', 'cjs'],
    // tsup sets baseUrl itself, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    // The other builds below write these files at the same time.
    clean: ['!dist/holdfast.global.js*', '!dist/cli.js*'],
    // ESM entries share chunks. CommonJS entries stand alone: tsup could split them only by rewriting ?. and ?? into calls.
    sourcemap: true,
    // The extra pass of Rollup would drop 'use client' from the React entry.
    treeshake: false,
    target: 'es2022',
    platform: 'neutral',
    removeNodeProtocol: false,
    skipNodeModulesBundle: true,
    external: [/^node:/],
  },
  {
    entry: { cli: 'src/bin/holdfast.ts' },
    format: ['esm'],
    banner: { js: '#!/usr/bin/env node' },
    target: 'es2022',
    platform: 'node',
    skipNodeModulesBundle: true,
  },
  {
    entry: { holdfast: 'src/vanilla/global.ts' },
    format: ['iife'],
    globalName: 'holdfast',
    outExtension: () => ({ js: '.global.js' }),
    noExternal: [/./],
    minify: true,
    sourcemap: true,
    target: 'es2022',
    platform: 'browser',
  },
])
