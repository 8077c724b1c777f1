// Keeps the age of a value on the page. It writes text on a timer of its own, so that the passing of time renders nothing.
import { duration } from './words.ts'

const shown = new Map<Element, () => number | null>()

/** Writes the age of `asOf()` into `element` until the returned stop is called. */
export function keepAge(element: Element, asOf: () => number | null): () => void {
  shown.set(element, asOf)
  write(element, asOf)
  return () => shown.delete(element)
}

setInterval(() => shown.forEach((asOf, element) => write(element, asOf)), 200)

function write(element: Element, asOf: () => number | null): void {
  const at = asOf()
  const text = at === null ? '–' : duration(Date.now() - at)
  if (element.textContent !== text) element.textContent = text
}
