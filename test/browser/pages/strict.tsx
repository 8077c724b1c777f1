// A React page under StrictMode, with a switch that unmounts and mounts everything.
import { StrictMode, useEffect, useState, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { createConnection } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/react'

const live = createConnection({ url: '/ws' })

function Queue(): ReactNode {
  const queue = live.state<{ count: number }>('queue', {
    load: ({ signal }) => fetch('/api/queue', { signal }).then((response) => response.json()),
  })
  const status = useConnection(live, (snapshot) => snapshot.status)
  const { data, freshness } = useChannel(queue)
  return <p id="queue">{`${status} ${freshness} ${data?.count ?? '-'}`}</p>
}

function App(): ReactNode {
  const [shown, setShown] = useState(true)
  useEffect(() => void Object.assign(globalThis, { show: setShown }), [])
  return shown ? <Queue /> : null
}

const root = document.getElementById('app')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
