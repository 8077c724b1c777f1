// What the explorations do not reach: the driver, time, data, frames. Mutants are let loose on these cases, too.
import { it } from 'vitest'
import { cases } from './cases.ts'

for (const [name, run] of Object.entries(cases)) it(name, run)
