// The script-tag build: everything above as one global object, `holdfast`.
export * from '../index.ts'
export { bind, watch } from './index.ts'
