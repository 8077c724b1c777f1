// All cases, level by level.
import type { Case } from './case.ts'
import { level0 } from './level-0.ts'
import { level1Handshake } from './level-1-handshake.ts'
import { level1Hostile } from './level-1-hostile.ts'
import { level2Channels } from './level-2-channels.ts'
import { level2Requests } from './level-2-requests.ts'
import { level3Positions } from './level-3-positions.ts'
import { level3Recovery } from './level-3-recovery.ts'

/** In the order in which they are reported. */
export const cases: readonly Case[] = [
  ...level0,
  ...level1Handshake,
  ...level1Hostile,
  ...level2Channels,
  ...level2Requests,
  ...level3Positions,
  ...level3Recovery,
]
