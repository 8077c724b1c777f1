// Counts how often each rendering rendered and how many messages came in, and writes the numbers without rendering anything.
import { count } from './words.ts'

const counts = new Map<string, number>()
const places = new Map<string, Set<Element>>()

export function bump(name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
  places.get(name)?.forEach((place) => write(place, name))
}

/** Shows the count in `element` until the returned stop is called. */
export function showTally(element: Element, name: string): () => void {
  const elements = places.get(name) ?? new Set()
  places.set(name, elements.add(element))
  write(element, name)
  return () => elements.delete(element)
}

function write(element: Element, name: string): void {
  element.textContent = count(counts.get(name) ?? 0)
}
