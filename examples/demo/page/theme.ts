// Light, dark, or as the system says; the choice is kept.

export type Theme = 'system' | 'light' | 'dark'

const key = 'holdfast-demo-theme'

export function savedTheme(): Theme {
  const saved = localStorage.getItem(key)
  return saved === 'light' || saved === 'dark' ? saved : 'system'
}

/** Every colour of the page is a light-dark() pair, so this one property is the whole switch. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === 'system' ? 'light dark' : theme
  localStorage.setItem(key, theme)
}
