// Finding a port to listen on.
import { createServer as createHttpServer, type Server } from 'node:http'

const first = 4000

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createHttpServer()
  await listen(probe, 0, '127.0.0.1')
  const { port } = probe.address() as { port: number }
  await new Promise((closed) => probe.close(closed))
  return port
}

/** Listens on `wanted` and nowhere else; without it, on 4000 or the next free port. Returns the address to open. */
export async function listenNear(server: Server, host: string, wanted: string | undefined): Promise<string> {
  for (let port = Number(wanted ?? first); ; port += 1) {
    try {
      await listen(server, port, host)
      return `http://${host === '127.0.0.1' ? 'localhost' : host}:${(server.address() as { port: number }).port}`
    } catch (error) {
      const isTaken = (error as { code?: string }).code === 'EADDRINUSE'
      if (!isTaken || wanted !== undefined || port > first + 100) throw error
    }
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
