// The entry 'holdfast/protocol': the frames as schemas and types, and what close codes mean. Needs zod; not for the browser's first load.
export { closeCodes, classifyClose } from '../protocol/close-codes.ts'
export type { CloseClass } from '../protocol/close-codes.ts'
export type {
  Ack,
  FramePosition,
  Message,
  Publish,
  Renew,
  Subscribe,
  Subscribed,
  Unsubscribe,
  Unsubscribed,
} from '../protocol/channel-frames.ts'
export type {
  ClientReady,
  ErrorFrame,
  Frame,
  GoAway,
  Notice,
  Ping,
  Pong,
  ServerReady,
} from '../protocol/frames.ts'
export {
  ack,
  message,
  publish,
  renew,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
} from './channel-frames.ts'
export { clientReady, errorFrame, frame, goAway, notice, ping, pong, serverReady } from './frames.ts'
