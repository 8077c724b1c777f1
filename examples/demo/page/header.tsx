// The bar that stays on top: what this is, how fresh everything is, and the light switch.
import { useState, useSyncExternalStore, type ReactNode } from 'react'
import { FreshnessBadge } from './freshness-badge.tsx'
import { overall } from './overall.ts'
import { applyTheme, savedTheme, type Theme } from './theme.ts'

const after: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const said: Record<Theme, string> = { system: 'Auto', light: 'Light', dark: 'Dark' }

export function Header(): ReactNode {
  const { worst } = useSyncExternalStore(overall.subscribe, overall.getSnapshot)
  const [theme, setTheme] = useState(savedTheme)
  const change = (): void => {
    applyTheme(after[theme])
    setTheme(after[theme])
  }
  return (
    <header className="bar" data-state={worst}>
      <span className="wordmark">
        <img src="/icon.svg" alt="" width="22" height="22" /> holdfast <small>demo</small>
      </span>
      <FreshnessBadge freshness={worst} />
      <button className="theme" onClick={change} aria-label={`Theme: ${said[theme]}. Change`}>
        <i aria-hidden="true" data-theme={theme} /> {said[theme]}
      </button>
    </header>
  )
}
