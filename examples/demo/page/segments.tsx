// A choice of one among few, as a row of radio buttons.
import type { ReactNode } from 'react'

interface SegmentsProps<V extends string | number> {
  readonly name: string
  readonly options: readonly { readonly value: V; readonly label: string }[]
  readonly value: V
  readonly choose: (value: V) => void
}

export function Segments<V extends string | number>({
  name,
  options,
  value,
  choose,
}: SegmentsProps<V>): ReactNode {
  return (
    <fieldset className="segments">
      <legend>{name}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={value === option.value}
            onChange={() => choose(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  )
}
