// `npm run demo`: builds the page and the two server processes from source, and starts them. No dev server, nothing installed.
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
// Inside node_modules, so that what was built finds the packages it imports, and git does not find it.
const out = join(root, 'node_modules/.cache/holdfast-demo')

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  sourcemap: 'inline',
  logLevel: 'error',
  // The demo imports the package by name, as an app does, and gets the source beside it.
  alias: {
    'holdfast/react': join(root, 'src/react/index.ts'),
    'holdfast/vue': join(root, 'src/vue/index.ts'),
    'holdfast/vanilla': join(root, 'src/vanilla/index.ts'),
    'holdfast/testing/proxy': join(root, 'src/testing/proxy.ts'),
    'holdfast/server': join(root, 'src/server/index.ts'),
    holdfast: join(root, 'src/index.ts'),
  },
}

/** `import text from './file.ts?source'` gives the file's own text: the code shown is the code that runs. */
const sourceText = {
  name: 'source-text',
  setup(on) {
    on.onResolve({ filter: /\?source$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace('?source', '')),
      namespace: 'source-text',
    }))
    on.onLoad({ filter: /./, namespace: 'source-text' }, ({ path }) => ({
      contents: readFileSync(path, 'utf8'),
      loader: 'text',
    }))
  },
}

const forNode = { ...shared, platform: 'node', packages: 'external', outExtension: { '.js': '.mjs' } }
const forBrowser = {
  ...shared,
  platform: 'browser',
  sourcemap: false,
  minify: true,
  plugins: [sourceText],
  define: {
    'process.env.NODE_ENV': '"production"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
}

const [page] = await Promise.all([
  build({ ...forBrowser, entryPoints: [join(here, 'page/main.tsx')], outdir: out, write: false }),
  build({ ...forNode, entryPoints: [join(here, 'app/main.ts')], outfile: join(out, 'app.mjs') }),
  build({
    ...forNode,
    entryPoints: [join(here, 'supervisor/main.ts')],
    outfile: join(out, 'supervisor.mjs'),
  }),
])

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
}
const file = (path, body) => [path, { type: types[path.split('.').pop()], body }]
const index = readFileSync(join(here, 'page/index.html'))
const files = new Map([
  ['/', { type: types.html, body: index }],
  file('/icon.svg', readFileSync(join(here, 'page/icon.svg'))),
  ...page.outputFiles.map(({ path, contents }) => file(`/${path.split(/[\\/]/).pop()}`, contents)),
])

const { supervise } = await import(pathToFileURL(join(out, 'supervisor.mjs')).href)
await supervise({ files, applicationScript: join(out, 'app.mjs') })
