// Faults planted in the channel machine, to be found by its exploration.
import type { Mutant } from './mutant.ts'

const planted: readonly Omit<Mutant, 'by'>[] = [
  {
    name: 'the answer of a load replaces a newer push',
    file: 'src/channels/table.ts',
    find: `!(context.mode === 'replace' && since > 0 && !context.versioned)`,
    replace: `true`,
  },
  {
    name: 'live is claimed on a load that began before the link',
    file: 'src/channels/table.ts',
    find: `proves: channel.up && !channel.doubted,`,
    replace: `proves: true,`,
  },
  {
    name: 'a load under way still proves after its link was lost',
    file: 'src/channels/table.ts',
    find: `load: channel.load && { ...channel.load, proves: false } }`,
    replace: `load: channel.load }`,
  },
  {
    name: 'what was proven on one link is taken for proven on the next',
    file: 'src/channels/table.ts',
    find: `return { ...channel, proven: false, kept: false, load: channel.load`,
    replace: `return { ...channel, load: channel.load`,
  },
  {
    name: 'a push makes live of what arrives without a link',
    in: 'change',
    file: 'src/channels/table.ts',
    find: `if (!whole || !channel.up) return`,
    replace: `if (!channel.up) return`,
  },
  {
    name: 'live on a link that is doubted',
    file: 'src/channels/freshness.ts',
    find: `if (up && !doubted) {`,
    replace: `if (up) {`,
  },
  {
    name: 'a signal leaves what is there live',
    in: 'reload',
    file: 'src/channels/table.ts',
    find: `[sooner(doubt(channel), context.now + context.random * context.spread), []]`,
    replace: `[sooner(channel, context.now + context.random * context.spread), []]`,
  },
  {
    name: 'a message that could not be used leaves what is there live',
    file: 'src/channels/table.ts',
    find: `const next = doubt(channel)
      if (`,
    replace: `const next = channel
      if (`,
  },
  {
    name: 'changes that arrive during a load are lost',
    in: 'change',
    file: 'src/channels/table.ts',
    find: `const keep = context.mode === 'change' && channel.load !== null`,
    replace: `const keep = context.mode === 'reload' && channel.load !== null`,
  },
  {
    name: 'older replaces newer, whatever version says',
    in: 'replace with versions, replicas lag',
    file: 'src/channels/table.ts',
    find: `const apply = !older && `,
    replace: `const apply = `,
  },
  {
    name: 'refresh() during a load begins a second one',
    file: 'src/channels/table.ts',
    find: `? [{ ...channel, load: { ...channel.load, owed: true } }, []]`,
    replace: `? begin(channel, context)`,
  },
  {
    name: 'refresh() during a load is forgotten',
    file: 'src/channels/table.ts',
    find: `? [{ ...channel, load: { ...channel.load, owed: true } }, []]`,
    replace: `? [channel, []]`,
  },
  {
    name: 'a load that hangs is never given up',
    bug: 'BB11',
    file: 'src/channels/table.ts',
    find: `{ load: undefined, deadline: context.now + context.loadTimeout },`,
    replace: `{ load: undefined },`,
  },
  {
    name: 'a failed load is not tried again',
    file: 'src/channels/table.ts',
    find: `return [arm(next, { load: context.now + pause(failures - 1, context.random) }), effects]`,
    replace: `return [next, effects]`,
  },
  {
    name: 'polling goes on once push is live',
    file: 'src/channels/table.ts',
    find: `if (channel.proven && !channel.doubted) return [arm(channel, { load: undefined }), []]`,
    replace: ``,
  },
  {
    name: 'a hidden page polls',
    in: 'replace',
    file: 'src/channels/table.ts',
    find: `if (channel.away && !(channel.up && !channel.doubted)) return [{ ...next, missed: true }, []]`,
    replace: ``,
  },
  {
    name: 'a poll missed while hidden is not made up for',
    in: 'replace',
    file: 'src/channels/table.ts',
    find: `return channel.missed && !channel.load && !isLive ?`,
    replace: `return channel.missed && channel.load && !isLive ?`,
  },
  {
    name: 'a lost link is not replaced by polling',
    file: 'src/channels/table.ts',
    find: `return sooner(channel, context.now + PATIENCE)`,
    replace: `return channel`,
  },
  {
    name: 'a load slept through still counts as young',
    bug: 'BB12',
    file: 'src/channels/table.ts',
    find: `event.slept ? arm({ ...channel, fresh: false }, { old: undefined }) : channel`,
    replace: `channel`,
  },
]

/** All of them, with what finds them. */
export const channelMutants: readonly Mutant[] = planted.map((mutant) => ({ ...mutant, by: 'channel' }))
