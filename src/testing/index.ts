// What tests import from 'holdfast/testing': a clock, chance and a page in their own hands.
export { virtualClock } from './virtual-clock.ts'
export type { VirtualClock } from './virtual-clock.ts'
export { seededRandom } from './seeded-random.ts'
export { mockPage } from './mock-page.ts'
export type { MockPage, MockPageOptions } from './mock-page.ts'
