// Level 1: node level1.mjs
import { WebSocketServer } from 'ws'

const [page, token] = ['http://localhost:5173', 'secret']
const port = Number(process.env.PORT ?? 8000)
const server = new WebSocketServer({ port, path: '/ws', maxPayload: 65_536 })
server.on('listening', () => console.log(`listening on ${server.address().port}`))

server.on('connection', (socket, { headers }) => {
  const send = (frame) => socket.send(JSON.stringify(frame))
  const close = (code) => () => socket.close(code)
  let [timer, isReady] = [setTimeout(close(4408), 10_000), false]
  socket.on('error', () => {}).on('close', () => clearTimeout(timer))
  // Only now, and not by refusing the upgrade: no page is told why that was refused.
  if ((headers.origin ?? page) !== page) return socket.close(4403)
  socket.on('message', (text) => {
    clearTimeout(timer)
    timer = setTimeout(close(4408), 90_000) // Timers of a hidden page run once a minute.
    try {
      const { type, timestamp, auth } = JSON.parse(text)
      if (isReady && type === 'ping') send({ type: 'pong', timestamp })
      if (isReady) return
      if (type !== 'client_ready' || auth?.token !== token) return socket.close(4401)
      isReady = true
      send({ type: 'server_ready', v: 1, reconnect: { window: 500 } })
      send({ type: 'queue', data: { waiting: 3 } })
    } catch {
      socket.close(4400)
    }
  })
})
