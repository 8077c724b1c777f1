// The same values in React, in Vue and in plain JavaScript, side by side, with the number of times each rendered.
import { useEffect, useRef, type ReactNode } from 'react'
import { mountPlainList } from './list-plain.ts'
import { ReactList } from './list-react.tsx'
import { createVueList } from './list-vue.ts'
import { showTally } from './tally.ts'
import reactSource from './list-react.tsx?source'
import vueSource from './list-vue.ts?source'
import plainSource from './list-plain.ts?source'

export function ThreeWays(): ReactNode {
  return (
    <section aria-labelledby="three-ways">
      <h2 id="three-ways">The same values, three ways</h2>
      <p className="lead">
        One connection and one subscription per value feed all three. <Tally name="messages" /> messages have
        come in; only those that changed something were rendered.
      </p>
      <div className="ways">
        <Way title="React" name="react" source={reactSource}>
          <ReactList />
        </Way>
        <Way title="Vue" name="vue" source={vueSource}>
          <Mount run={mountVue} />
        </Way>
        <Way title="Plain JS" name="plain" source={plainSource}>
          <Mount run={mountPlainList} />
        </Way>
      </div>
    </section>
  )
}

interface WayProps {
  readonly title: string
  readonly name: string
  readonly source: string
  readonly children: ReactNode
}

function Way({ title, name, source, children }: WayProps): ReactNode {
  return (
    <section className="way" aria-label={title}>
      <header>
        <h3>{title}</h3>
        <span>
          <Tally name={name} /> renders
        </span>
      </header>
      {children}
      <details>
        <summary>{source.trim().split('\n').length} lines of code</summary>
        <pre tabIndex={0}>
          <code>{source}</code>
        </pre>
      </details>
    </section>
  )
}

/** A place for what is not React. */
function Mount({ run }: { readonly run: (element: Element) => () => void }): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => (place.current === null ? undefined : run(place.current)), [run])
  return <div ref={place} />
}

function mountVue(element: Element): () => void {
  const app = createVueList()
  app.mount(element)
  return () => app.unmount()
}

function Tally({ name }: { readonly name: string }): ReactNode {
  const place = useRef<HTMLElement>(null)
  useEffect(() => (place.current === null ? undefined : showTally(place.current, name)), [name])
  return <b className="number" ref={place} />
}
