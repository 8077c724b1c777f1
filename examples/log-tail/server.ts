// A log that is written line by line. The last lines are kept, for who comes and for who comes back.
import { createServer } from 'holdfast/server'
import { isOwnPage, serve } from '../shared/serve.ts'

const requests = ['GET /', 'GET /api/orders', 'POST /api/orders', 'GET /health', 'GET /api/users/7']

const live = createServer({ origins: isOwnPage, history: { log: { size: 300, ttl: 300_000 } } })
serve(live)

let number = 0
setInterval(
  () => {
    const status = Math.random() < 0.08 ? 500 : 200
    const request = requests[Math.floor(Math.random() * requests.length)]
    const text = `${request} ${status} in ${Math.ceil(Math.random() * 90)} ms`
    void live.publish('log', {
      number: ++number,
      at: Date.now(),
      level: status < 400 ? 'info' : 'error',
      text,
    })
  },
  Number(process.env['EVERY'] ?? 250),
)
