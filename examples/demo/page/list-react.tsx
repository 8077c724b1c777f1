// The list of campaigns in React.
import { useChannel } from 'holdfast/react'
import { useEffect, type ReactNode } from 'react'
import { campaign, campaigns } from './live.ts'
import { bump } from './tally.ts'
import { percent, phaseText } from './words.ts'

export function ReactList(): ReactNode {
  const known = useChannel(campaigns, ({ data }) => data)
  return (
    <ul className="rows">
      {known?.map(({ id, name }) => (
        <Row key={id} id={id} name={name} />
      ))}
    </ul>
  )
}

function Row({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
  const { data, freshness } = useChannel(campaign(id))
  useEffect(() => bump('react'))
  const progress = data === undefined ? 0 : data.progress
  return (
    <li className="row" data-state={freshness}>
      <b>{name}</b>
      <span className="badge" data-state={freshness}>
        {freshness}
      </span>
      <span>{data && phaseText(data)}</span>
      <span className="number">{percent(progress)}</span>
      <span className="meter">
        <i style={{ translate: `${progress - 100}%` }} />
      </span>
    </li>
  )
}
