// A chat room. Who comes is given the last messages, and who comes back what was missed.
import { createServer } from 'holdfast/server'
import { z } from 'zod'
import { isOwnPage, serve } from '../shared/serve.ts'

const line = (most: number): z.ZodString => z.string().min(1).max(most)

serve(
  createServer({
    origins: isOwnPage,
    // Nobody logs in here, so anybody may read and write this one room, under any name.
    authorize: (_user, action, channel) => action !== 'stats' && channel === 'chat:room',
    events: { chat: z.object({ id: line(36), from: line(20), text: line(500) }) },
    maxEventBytes: 3_000,
    // In memory (memoryBroker() is the default): the history ends with this process, and pages say so.
    history: { chat: { size: 200, ttl: 3_600_000 } },
  }),
)
