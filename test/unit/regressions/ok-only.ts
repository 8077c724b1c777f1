// A schema for tests: lets through what is marked ok, and nothing else of it.
import type { StandardSchemaV1 } from '../../../src/index.ts'

/** A schema that lets through what is marked `ok`. */
export const okOnly: StandardSchemaV1<unknown, { readonly ok: boolean }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const { ok } = value as { readonly ok: boolean }
      return ok ? { value: { ok } } : { issues: [{ message: 'not ok' }] }
    },
  },
}
