// webSocket() over `ws`, against a real server.
import { WebSocket } from 'ws'
import { webSocket } from '../../src/transports/websocket.ts'
import { realBench } from './real-bench.ts'
import { transportContract } from './transport.ts'

transportContract('webSocket() over ws', () => realBench(webSocket({ WebSocket })))
