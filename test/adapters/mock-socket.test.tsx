// The adapters over mock-socket's WebSocket, as a user's own tests may have it.
import { cleanup, render } from '@testing-library/react'
import { mount } from '@vue/test-utils'
import { createConnection, webSocket, type Connection } from 'holdfast'
import * as react from 'holdfast/react'
import * as vue from 'holdfast/vue'
import { Server, WebSocket } from 'mock-socket'
import type { ReactNode } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'

const url = 'ws://app.test/ws'
let end = (): void => {}

afterEach(() => {
  cleanup()
  end()
})

/** A plain server that answers `client_ready` with the queue, and a connection to it. */
function start(): { readonly live: Connection; readonly sockets: () => number; push(length: number): void } {
  const server = new Server(url, { mock: false })
  const push = (length: number): void =>
    server.clients().forEach((client) => client.send(JSON.stringify({ type: 'queue', data: { length } })))
  server.on('connection', (socket) => {
    socket.on('message', (text) => {
      const { type, ...rest } = JSON.parse(text as string) as { readonly type: string }
      if (type === 'ping') socket.send(JSON.stringify({ ...rest, type: 'pong' }))
      if (type === 'client_ready') push(3)
    })
  })
  const live = createConnection({ url, transport: webSocket({ WebSocket }) })
  end = () => {
    live.close()
    server.stop()
  }
  return { live, push, sockets: () => server.clients().length }
}

test('[E1 E3] React shows what a mock-socket server pushes', async () => {
  const { live, push, sockets } = start()
  function Queue(): ReactNode {
    const status = react.useConnection(live, (snapshot) => snapshot.status)
    const length = react.useChannel(live.state<{ length: number }>('queue'), ({ data }) => data?.length)
    return `${status} ${String(length)}`
  }
  const { container } = render(<Queue />)
  await vi.waitFor(() => expect(container.textContent).toBe('connected 3'))
  push(4)
  await vi.waitFor(() => expect(container.textContent).toBe('connected 4'))
  expect(sockets()).toBe(1)
})

test('[E1 E3] Vue shows what a mock-socket server pushes', async () => {
  const { live, push, sockets } = start()
  const wrapper = mount(
    defineComponent(() => {
      const { status } = vue.useConnection(live)
      const length = vue.useChannel(live.state<{ length: number }>('queue'), ({ data }) => data?.length)
      return () => h('p', `${status.value} ${String(length.value)}`)
    }),
  )
  await vi.waitFor(() => expect(wrapper.text()).toBe('connected 3'))
  push(4)
  await vi.waitFor(() => expect(wrapper.text()).toBe('connected 4'))
  expect(sockets()).toBe(1)
  wrapper.unmount()
})
