// What pages without a framework import from 'holdfast/vanilla': watch() and bind().
export { watch } from './watch.ts'
export { bind } from './bind.ts'
