// The wait until the next attempt, drawn as a bar that runs out. Give it `retryAt` as key: each wait is a new one.
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { duration } from './words.ts'

export function Countdown({
  retryAt,
  attempt,
}: {
  readonly retryAt: number
  readonly attempt: number
}): ReactNode {
  const [wait] = useState(() => Math.max(0, retryAt - Date.now()))
  const left = useRef<HTMLElement>(null)
  useEffect(() => {
    const write = (): void => {
      if (left.current !== null) left.current.textContent = duration(retryAt - Date.now())
    }
    write()
    const timer = setInterval(write, 100)
    return () => clearInterval(timer)
  }, [retryAt])
  return (
    <div className="countdown">
      <span>
        Attempt {attempt + 1} in <strong ref={left} />
      </span>
      <span className="fuse" aria-hidden="true">
        <i style={{ animationDuration: `${wait}ms` }} />
      </span>
    </div>
  )
}
