// The broker that test servers borrow from the process which started them keeps the contract of a Broker.
import { memoryBroker, type Broker } from '../../src/server/index.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { borrowBroker, lendBroker, type BrokerRequest, type BrokerTold } from '../support/ipc-broker.ts'
import { describeBroker } from './broker.ts'

/** As between processes: text, in order, a moment later. */
function borrow(broker: Broker): Broker {
  const lent = lendBroker(broker, (told) => {
    const text = JSON.stringify(told)
    setImmediate(() => borrowed.hear(JSON.parse(text) as BrokerTold))
  })
  const borrowed = borrowBroker((request) => {
    const text = JSON.stringify(request)
    setImmediate(() => lent.hear(JSON.parse(text) as BrokerRequest))
  })
  return borrowed.broker
}

describeBroker('the broker of another process', () => {
  const clock = virtualClock()
  const broker = memoryBroker({ clock })
  return { broker: borrow(broker), pass: (ms) => clock.advance(ms), other: borrow(broker) }
})
