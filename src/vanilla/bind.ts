// bind(): keeps one element showing what a readable holds.
import type { Readable } from '../index.ts'
import { watch } from './watch.ts'

/**
 * Calls `render` at once and after every change. A string or number it returns becomes the text of the element (as text,
 * never as HTML), written only when it differs from the one before; returning nothing after a text clears it. A `render`
 * that never returns either changes the element itself.
 *
 * @param element - What `render` is handed as its second argument.
 * @param readable - A connection or a channel. `null` or `undefined` for "nothing yet": nothing is rendered.
 * @param render - Shows a snapshot.
 * @returns Stops it. Idempotent; the element stays as it is.
 * @example
 * bind(title, queue, ({ data }) => data && `${data.length} waiting`)
 * bind(button, live, ({ status }, button) => { button.hidden = status !== 'suspended' })
 */
export function bind<E extends { textContent: string | null }, S>(
  element: E,
  readable: Readable<S> | null | undefined,
  render: (snapshot: S, element: E) => unknown,
): () => void {
  let isText = false
  return watch(
    readable,
    (snapshot) => {
      const text = render(snapshot, element)
      return typeof text === 'string' || typeof text === 'number' ? String(text) : null
    },
    (text) => {
      isText ||= text !== null
      if (isText) element.textContent = text
    },
  )
}
