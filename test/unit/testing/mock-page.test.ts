// The mock page: what it answers, what it signals, who listens.
import { describe, expect, it } from 'vitest'
import { mockPage } from '../../../src/testing/index.ts'

describe('mockPage', () => {
  it('[E4] is online, visible and nowhere unless told otherwise', () => {
    const page = mockPage()
    expect([page.isOnline(), page.isVisible(), page.address(), page.listeners]).toEqual([true, true, null, 0])
    const other = mockPage({ address: 'https://app.test/a', online: false, visible: false })
    expect([other.isOnline(), other.isVisible(), other.address()]).toEqual([
      false,
      false,
      'https://app.test/a',
    ])
  })

  it('[E4] answers differently by the time it signals', () => {
    const page = mockPage()
    const seen: string[] = []
    page.listen((signal) =>
      seen.push(`${signal} ${page.isOnline() ? 'on' : 'off'} ${page.isVisible() ? 'seen' : 'unseen'}`),
    )
    page.goOffline()
    page.goOnline()
    page.hide()
    page.freeze()
    page.resume()
    page.show()
    page.restore()
    page.changeNetwork()
    expect(seen).toEqual([
      'offline off seen',
      'online on seen',
      'hidden on unseen',
      'frozen on unseen',
      'resumed on unseen',
      'visible on seen',
      'restored on seen',
      'network on seen',
    ])
  })

  it('[E4] counts listeners, and stopping twice stops one', () => {
    const page = mockPage()
    let calls = 0
    const count = (): void => void (calls += 1)
    const stop = page.listen(count)
    page.listen(count)
    expect(page.listeners).toBe(2)
    stop()
    stop()
    page.goOnline()
    expect([page.listeners, calls]).toEqual([1, 1])
  })

  it('[E4] does not call who stopped, nor who began, during a signal', () => {
    const page = mockPage()
    const calls: string[] = []
    page.listen(() => {
      calls.push('first')
      stop()
      page.listen(() => calls.push('late'))
    })
    const stop = page.listen(() => calls.push('stopped'))
    page.hide()
    expect(calls).toEqual(['first'])
  })
})
