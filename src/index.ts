// The entry: a map of this folder, and everything an app imports from 'holdfast'.
export { createConnection } from './connection.ts'
export type { Connection, ConnectionEvents, Logger, TraceEntry } from './api.ts'
export type { SendOutcome } from './channels/outcome.ts'
export type {
  Freshness,
  StateChannel,
  StateFacts,
  StateOptions,
  StateSnapshot,
} from './channels/state-snapshot.ts'
export type {
  Gap,
  MessageFacts,
  StreamChannel,
  StreamOptions,
  StreamSnapshot,
} from './channels/stream-snapshot.ts'
export type { Quality } from './machine/latency.ts'
export type { ConnectionSnapshot, Status } from './machine/snapshot.ts'
export type { ConnectionOptions, Diagnosis } from './options.ts'
export type { Readable } from './lib/readable.ts'
export type { InferOutput, StandardResult, StandardSchemaV1 } from './lib/standard-schema.ts'
export { createGate } from './lib/gate.ts'
export type { Gate } from './lib/gate.ts'
export { exponential } from './machine/backoff.ts'
export { plain } from './protocol/protocol.ts'
export type { ChannelFrame, Delivery, Offers, Position } from './protocol/channels.ts'
export type { Decoded, Identity, PlainOptions, Protocol } from './protocol/protocol.ts'
export { webSocket } from './transports/websocket.ts'
export type { WebSocketOptions } from './transports/websocket.ts'
export { systemRuntime } from './runtime.ts'
export type { Clock, Page, PageSignal, Runtime } from './runtime.ts'
export type { CloseInfo, Link, Transport, TransportEvents } from './transports/transport.ts'
export { HoldfastError, isHoldfastError } from './errors.ts'
export type { ErrorCode, ErrorContext } from './errors.ts'
