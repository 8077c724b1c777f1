// `npm run example chat`, or log-tail, or progress-card: builds that example from source and starts its server.
import { cpSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '..')
const [name = 'chat'] = process.argv.slice(2)
const folder = join(here, name)
if (!existsSync(join(folder, 'page.ts'))) throw new Error(`There is no examples/${name} with a page.`)
// Inside node_modules, so that what was built finds the packages it imports, and git does not find it.
const out = join(root, 'node_modules/.cache/holdfast-examples', name)

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'error',
  // The examples import the package by name, as an app does, and get the source beside it.
  alias: {
    'holdfast/vanilla': join(root, 'src/vanilla/index.ts'),
    'holdfast/server': join(root, 'src/server/index.ts'),
    holdfast: join(root, 'src/index.ts'),
  },
}
await Promise.all([
  build({ ...shared, entryPoints: [join(folder, 'page.ts')], outfile: join(out, 'page.js') }),
  build({
    ...shared,
    entryPoints: [join(folder, 'server.ts')],
    outfile: join(out, 'server.mjs'),
    platform: 'node',
    packages: 'external',
  }),
])
cpSync(join(folder, 'index.html'), join(out, 'index.html'))
cpSync(join(here, 'shared/style.css'), join(out, 'style.css'))
await import(pathToFileURL(join(out, 'server.mjs')).href)
