// A React page over a connection: the status and as many feeds.
import { act } from '@testing-library/react'
import type { Connection, StateChannel } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/react'
import type { ReactNode } from 'react'
import { feedNames, type Feed } from './frames.ts'
import type { Live } from './live.ts'

/** Lets time pass, and React render what it brought. */
export function pass({ clock }: Live, ms: number): Promise<void> {
  return act(() => clock.advanceAsync(ms))
}

/** One feed: its name, what its fourth item has done, how fresh it is. */
export function FeedView({
  channel,
  onRender,
}: {
  channel: StateChannel<Feed>
  onRender: () => void
}): ReactNode {
  const { data, freshness } = useChannel(channel)
  onRender()
  return <p>{`${data?.name ?? '?'} ${String(data?.items[3]?.progress.done)} ${freshness}`}</p>
}

/** The status, and a view of each feed. */
export function Page({
  live,
  names = feedNames,
}: {
  live: Connection
  names?: readonly string[]
}): ReactNode {
  const status = useConnection(live, (snapshot) => snapshot.status)
  return (
    <>
      {status}
      {names.map((name) => (
        <FeedView key={name} channel={live.state<Feed>(name, { message: name })} onRender={() => {}} />
      ))}
    </>
  )
}
