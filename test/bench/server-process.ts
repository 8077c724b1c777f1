// Two servers in a process of its own, so that its CPU time is theirs alone: ours, and bare sockets that say the same first data. Run by pages.ts.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { createServer } from '../../src/server/index.ts'
import { takeCensus, type Census } from '../soak/census.ts'
import { serve } from '../soak/child.ts'
import { toFirstData } from './first-data.ts'

/** What the process holds, and has used. */
export type BenchCensus = Census & { readonly sockets: number }

const http = createHttpServer()
const live = createServer({
  authorize: () => true,
  limits: { connectionsPerIp: Infinity, connectionsPerUser: Infinity },
})
const bare = new WebSocketServer({ noServer: true, perMessageDeflate: false })
bare.on('connection', (socket, { url }) => {
  const channel = url?.slice('/bare/'.length) ?? ''
  socket.send(JSON.stringify({ type: channel, data: toFirstData(channel) }))
  socket.on('error', () => undefined)
})

const answers = {
  async listen({ channels }: { readonly channels: readonly string[] }): Promise<number> {
    for (const channel of channels) await live.publishIfChanged(channel, toFirstData(channel))
    live.attach(http)
    http.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/bare/'))
        bare.handleUpgrade(request, socket, head, (opened) => bare.emit('connection', opened, request))
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    return (http.address() as AddressInfo).port
  },
  /** CPU seconds used since the start. */
  cpu(): number {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  sockets: () => live.stats().sockets + bare.clients.size,
  census: async (): Promise<BenchCensus> => ({ ...(await takeCensus()), sockets: answers.sockets() }),
}
export type BenchAnswers = typeof answers

serve(answers)
