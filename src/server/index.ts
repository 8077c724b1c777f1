// The entry 'holdfast/server': a WebSocket server for levels 0 and 1 that attaches to any node:http server.
export { createServer } from './create-server.ts'
export { toNodeListener } from './http.ts'
export type { Action, ServerLimits, ServerLogger, ServerOptions } from './options.ts'
export type { LinkStats, Published, RealtimeServer, ServerStats, WatchOptions } from './realtime-server.ts'
export type { User } from './session/model.ts'
