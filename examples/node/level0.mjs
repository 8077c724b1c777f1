// Level 0, complete: node level0.mjs
import { WebSocketServer } from 'ws'

const port = Number(process.env.PORT ?? 8000)
const server = new WebSocketServer({ port, path: '/ws', maxPayload: 65_536 })
server.on('listening', () => console.log(`listening on ${server.address().port}`))

server.on('connection', (socket) => {
  const send = (frame) => socket.send(JSON.stringify(frame))
  // Without this, one client that breaks the rules of WebSocket ends the process.
  socket.on('error', () => {})
  socket.on('message', (text) => {
    const frame = parse(text)
    if (frame?.type === 'client_ready') send({ type: 'queue', data: { waiting: 3 } })
    if (frame?.type === 'ping') send({ type: 'pong', timestamp: frame.timestamp })
  })
})

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
