// The events of the application server: what may be published under which name. The page takes only the types.
import { z } from 'zod'
import { phases } from './campaign.ts'

const phase = z.enum(phases)

export const events = {
  /** Which campaigns there are. */
  campaigns: z.array(z.object({ id: z.string(), name: z.string() })),
  /** `campaign_progress:<id>`: the whole state of one campaign, so the newest frame is all that is ever needed. */
  campaign_progress: z.object({
    id: z.string(),
    name: z.string(),
    run: z.number().int(),
    status: z.enum(['running', 'completed']),
    phase,
    progress: z.number().min(0).max(100),
    domains: z.object({
      total: z.number().int(),
      resolved: z.number().int(),
      reachable: z.number().int(),
      leads: z.number().int(),
    }),
  }),
  /** A campaign entered its next phase. */
  phase_transition: z.object({ campaign: z.string(), from: phase, to: z.enum([...phases, 'completed']) }),
  /** A word from the server to whoever looks. */
  system_notification: z.object({ level: z.enum(['info', 'warning']), text: z.string() }),
}

export type CampaignList = z.infer<typeof events.campaigns>
export type CampaignProgress = z.infer<typeof events.campaign_progress>
export type PhaseTransition = z.infer<typeof events.phase_transition>
export type SystemNotification = z.infer<typeof events.system_notification>
