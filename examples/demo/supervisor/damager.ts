// Carries out what the buttons ask for.
import type { Duplex } from 'node:stream'
import type { Application } from './application.ts'
import type { Condition, Damage } from './damage.ts'
import { closeFrame, textFrame } from './websocket-frames.ts'
import type { Wire } from './wire.ts'

export interface Damager {
  condition(): Condition
  act(damage: Damage): Promise<void>
  /** Lets it reach a browser's WebSocket. */
  watch(browser: Duplex): void
}

export function createDamager(application: Application, wire: Wire): Damager {
  const sockets = new Set<Duplex>()
  const whole: Omit<Condition, 'server'> = { network: 'fine', scope: 'socket', latency: 0 }
  let chosen = whole
  const choose = (change: Partial<typeof whole>): Promise<void> => {
    chosen = { ...chosen, ...change }
    return wire.set(chosen.network, chosen.latency)
  }

  /** As a gateway would, so that it works on a frozen server too. */
  const closeAll = (code: number): void => {
    for (const socket of sockets) {
      // 1006 is no code to send: it is what a browser says when there was no close frame.
      if (code !== 1006) socket.end(closeFrame(code, 'by the demo'))
      else socket.destroy()
    }
  }
  const garbage = ['', '{', 'null', '[1,2', '{"type":42}', '"ping"', '{"type":"__proto__"}', '<html>']
  const sendGarbage = (): void => {
    for (let frame = 0; frame < 50; frame += 1) {
      for (const socket of sockets) socket.write(textFrame(garbage[frame % garbage.length] ?? ''))
    }
  }

  const act = async (damage: Damage): Promise<void> => {
    switch (damage.do) {
      case 'kill':
      case 'start':
      case 'freeze':
      case 'thaw':
      case 'deploy':
        application[damage.do]()
        break
      case 'expire-token':
      case 'repeat':
        application.tell({ do: damage.do })
        break
      case 'garbage':
        sendGarbage()
        break
      case 'close':
        closeAll(damage.code)
        break
      case 'network':
        await choose({ network: damage.network })
        break
      case 'latency':
        await choose({ latency: damage.latency })
        break
      case 'scope':
        await choose({ scope: damage.scope })
        break
      case 'restore':
        await choose(whole)
        application.thaw()
        application.start()
    }
  }

  return {
    condition: () => ({ server: application.status(), ...chosen }),
    act,
    watch: (browser) => {
      sockets.add(browser)
      browser.on('close', () => sockets.delete(browser))
    },
  }
}
