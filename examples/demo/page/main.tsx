// Starts the page.
import { watch } from 'holdfast/vanilla'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { recordHistory } from './history.ts'
import { live } from './live.ts'
import { overall } from './overall.ts'
import { bump } from './tally.ts'
import { applyTheme, savedTheme } from './theme.ts'
import './style/index.css'

applyTheme(savedTheme())
recordHistory()
live.on('message', () => bump('messages'))
watch(overall, ({ worst }) => {
  document.title = `${worst} · holdfast demo`
})

const root = document.querySelector('#root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
