// The age of a value, kept current without rendering.
import { useEffect, useRef, type ReactNode } from 'react'
import { keepAge } from './age.ts'

/** `asOf` should be a constant function: a new one starts anew. */
export function Age({ asOf }: { readonly asOf: () => number | null }): ReactNode {
  const place = useRef<HTMLSpanElement>(null)
  useEffect(() => (place.current === null ? undefined : keepAge(place.current, asOf)), [asOf])
  return <span className="age" ref={place} />
}
