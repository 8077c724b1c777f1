// A freshness as a shape, a colour and a word: never as a colour alone.
import type { Freshness } from 'holdfast'
import type { ReactNode } from 'react'
import { freshnessMeaning } from './words.ts'

export function FreshnessBadge({ freshness }: { readonly freshness: Freshness }): ReactNode {
  return (
    <span className="badge" data-state={freshness} title={freshnessMeaning[freshness]}>
      {freshness}
    </span>
  )
}
