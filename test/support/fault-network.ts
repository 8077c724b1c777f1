// createNetwork(): a client, a router and a server in network namespaces of their own, whose paths a test cuts as a bad network does.
//
//   const network = createNetwork()            needs root and iproute2, see missingForNetworks()
//   await network.spawn('server', { ... })     a process in that namespace; the server's address is network.url
//   network.drop('to-server')                  packets vanish without a word; heal() ends it
//   network.reject()                           the router answers that the server cannot be reached
//   network.limit('16kbit')                    a slow line in both directions
//   network.unplug()                           no line at all
//   network.move()                             the client gets another address on another line; the old one is dead
//   await network.end()                        kills what was spawned, removes the namespaces
import { spawnSync } from 'node:child_process'
import { spawnPeer, type Peer, type PeerOptions } from './fault-peer.ts'

export type Path = 'to-server' | 'to-client'

export interface Network {
  /** The server's WebSocket, as the client reaches it. */
  readonly url: string
  spawn(where: 'client' | 'server', options: PeerOptions): Promise<Peer>
  drop(...paths: readonly Path[]): void
  reject(): void
  heal(): void
  limit(rate: string): void
  move(): void
  /** No line at all, so that not even a name server is found. */
  unplug(): void
  /** How many sockets of the client are in a TCP state, such as `syn-sent`. */
  sockets(state: string): number
  end(): Promise<void>
}

const server = '10.0.3.2'
let networks = 0

/** Why there can be no network namespaces here; null if there can. */
export function missingForNetworks(): string | null {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `hf${process.pid}-probe`
  const { status, error, stderr } = spawnSync('ip', ['netns', 'add', probe], { encoding: 'utf8' })
  if (error) return 'ip is missing (Debian: apt-get install iproute2)'
  if (status !== 0) return `this machine allows no network namespaces: ${stderr.trim()}`
  ip('netns', 'del', probe)
  return null
}

/** Lays the lines: the client has two, of which it uses the first. */
export function createNetwork(): Network {
  const name = `hf${process.pid}-${++networks}`
  const [client, router, far] = [`${name}-client`, `${name}-router`, `${name}-server`] as const
  const peers: Peer[] = []
  const line = (from: string, device: string, subnet: number, label: string): void => {
    ip('-n', router, 'link', 'add', label, 'type', 'veth', 'peer', 'name', device, 'netns', from)
    ip('-n', router, 'addr', 'add', `10.0.${subnet}.1/24`, 'dev', label)
    ip('-n', router, 'link', 'set', label, 'up')
    ip('-n', from, 'addr', 'add', `10.0.${subnet}.2/24`, 'dev', device)
    ip('-n', from, 'link', 'set', device, 'up')
  }
  const route = (what: string, address: string): string =>
    ip('-n', router, 'route', 'replace', what, `${address}/32`)

  const network: Network = {
    url: `ws://${server}:8080/ws`,
    async spawn(where, options) {
      const within = where === 'client' ? client : far
      const peer = await spawnPeer(options, ['ip', 'netns', 'exec', within])
      peers.push(peer)
      return peer
    },
    drop(...paths) {
      if (paths.includes('to-server')) route('blackhole', server)
      if (paths.includes('to-client')) for (const subnet of [1, 2]) route('blackhole', `10.0.${subnet}.2`)
    },
    reject: () => void route('unreachable', server),
    heal() {
      for (const what of ['blackhole', 'unreachable']) ip('-n', router, 'route', 'flush', 'type', what)
    },
    limit(rate) {
      for (const [where, device] of [
        [client, 'wifi'],
        [router, 'wifi'],
      ] as const) {
        tc(
          '-n',
          where,
          'qdisc',
          'replace',
          'dev',
          device,
          'root',
          'tbf',
          'rate',
          rate,
          'burst',
          '2kb',
          'limit',
          '6kb',
        )
      }
    },
    move() {
      ip('-n', client, 'link', 'set', 'wifi', 'down')
      ip('-n', client, 'route', 'replace', 'default', 'via', '10.0.2.1')
    },
    unplug() {
      for (const device of ['wifi', 'mobile']) ip('-n', client, 'link', 'set', device, 'down')
    },
    sockets(state) {
      const { stdout } = spawnSync('ip', ['netns', 'exec', client, 'ss', '-Htn', 'state', state], {
        encoding: 'utf8',
      })
      return stdout.split('\n').filter((text) => text.includes(server)).length
    },
    async end() {
      await Promise.all(peers.map((peer) => peer.kill('SIGKILL')))
      for (const namespace of [client, router, far]) spawnSync('ip', ['netns', 'del', namespace])
    },
  }
  try {
    for (const namespace of [client, router, far]) {
      ip('netns', 'add', namespace)
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
    }
    line(client, 'wifi', 1, 'wifi')
    line(client, 'mobile', 2, 'mobile')
    line(far, 'server', 3, 'server')
    ip('-n', client, 'route', 'add', 'default', 'via', '10.0.1.1')
    ip('-n', far, 'route', 'add', 'default', 'via', '10.0.3.1')
    for (const setting of [
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit',
    ])
      ip('netns', 'exec', router, 'sh', '-c', setting)
  } catch (error) {
    void network.end()
    throw error
  }
  return network
}

const ip = (...args: readonly string[]): string => run('ip', args)
const tc = (...args: readonly string[]): string => run('tc', args)

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}
