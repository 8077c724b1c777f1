// The entry 'holdfast/server': a WebSocket server for levels 0 to 3 that attaches to any node:http server.
export type { Broker, History, Past, Placed, Position, Publication, PublishOptions } from './broker.ts'
export { createServer } from './create-server.ts'
export { toNodeListener } from './http.ts'
export { memoryBroker, type MemoryBrokerOptions } from './memory-broker.ts'
export type { Action, ServerLimits, ServerLogger, ServerOptions } from './options.ts'
export type { LinkStats, Published, RealtimeServer, ServerStats, WatchOptions } from './realtime-server.ts'
export type { Level, User } from './session/model.ts'
