// Who may come in: origins, addresses, and requests as the web sees them.
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { toRequest } from '../../../src/server/http.ts'
import { isAllowedOrigin, toAddress } from '../../../src/server/upgrade.ts'

function request(headers: Record<string, string>, url = '/ws'): IncomingMessage {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  return { method: 'GET', url, headers, headersDistinct, socket: { remoteAddress: '10.0.0.9' } } as never
}

const app = 'https://app.example'

describe('origins', () => {
  it('[B7] compares with the list exactly: no part of a name, no other scheme or port, no null', () => {
    const allows = (origin: string): boolean => isAllowedOrigin(request({ origin, cookie: 's=1' }), [app])
    expect(allows(app)).toBe(true)
    for (const origin of [
      'https://app.example.evil.com',
      'https://evil-app.example',
      'https://sub.app.example',
      'http://app.example',
      'https://app.example:8443',
      'https://APP.example',
      'https://app.example/',
      'null',
      '',
    ])
      expect(allows(origin)).toBe(false)
  })

  it('[B7] lets in without an origin only who brings no cookie', () => {
    expect(isAllowedOrigin(request({}), [app])).toBe(true)
    expect(isAllowedOrigin(request({ cookie: 's=1' }), [app])).toBe(false)
  })

  it('[B7] denies cookies from everywhere as long as no list is set', () => {
    expect(isAllowedOrigin(request({ origin: app, cookie: 's=1' }), undefined)).toBe(false)
    expect(isAllowedOrigin(request({ cookie: 's=1' }), undefined)).toBe(false)
    expect(isAllowedOrigin(request({ origin: app }), undefined)).toBe(true)
    expect(isAllowedOrigin(request({}), undefined)).toBe(true)
  })

  it('[B7] takes a password that the browser remembered like a cookie', () => {
    expect(isAllowedOrigin(request({ origin: app, authorization: 'Basic eA==' }), undefined)).toBe(false)
    expect(isAllowedOrigin(request({ authorization: 'Bearer x' }), undefined)).toBe(true)
  })

  it('[B7] asks a function, and denies when it throws or gives anything but true', () => {
    const asks = (origins: () => unknown): boolean =>
      isAllowedOrigin(request({ origin: app }), origins as never)
    expect(asks(() => true)).toBe(true)
    expect(asks(() => 'yes')).toBe(false)
    expect(
      asks(() => {
        throw new Error('broken')
      }),
    ).toBe(false)
    const seen: unknown[] = []
    isAllowedOrigin(request({ origin: app }), (origin, { url }) => seen.push(origin, url) > 9)
    expect(seen).toEqual([app, '/ws'])
  })
})

describe('addresses', () => {
  it('[R5] believes no header unless told how many proxies stand in front', () => {
    const spoofed = request({ 'x-forwarded-for': '1.1.1.1, 2.2.2.2' })
    expect(toAddress(spoofed, 0)).toBe('10.0.0.9')
    expect(toAddress(spoofed, 1)).toBe('2.2.2.2')
    expect(toAddress(spoofed, 2)).toBe('1.1.1.1')
    expect(toAddress(spoofed, 3)).toBe('10.0.0.9')
    expect(toAddress(request({}), 1)).toBe('10.0.0.9')
  })
})

describe('requests', () => {
  it('[B7] keep path, query and every header, the cookie among them', () => {
    const asked = toRequest(request({ host: 'app.example:8080', cookie: 's=1', origin: app }, '/ws?x=1'))
    expect(asked.url).toBe('http://app.example:8080/ws?x=1')
    expect(asked.headers.get('cookie')).toBe('s=1')
    expect(asked.headers.get('origin')).toBe(app)
  })

  it.each(['', 'a b', '[', 'x/../..', 'user@evil', ':', 'a:99999', '.', '[::1'])(
    '[H15] come through with %j as their host',
    (host) => {
      expect(new URL(toRequest(request({ host })).url).pathname).toBe('/ws')
    },
  )

  it('[H15] keep the host where it is one', () => {
    for (const host of ['app.example', '[::1]:8080', '127.0.0.1:1'])
      expect(new URL(toRequest(request({ host })).url).host).toBe(host)
  })

  it('[H15] do not take a path for a host', () => {
    expect(toRequest(request({ host: 'app.example' }, '//evil.example/ws')).url).toBe(
      'http://app.example//evil.example/ws',
    )
    expect(toRequest(request({ host: 'app.example' }, 'http://evil.example/ws')).url).toBe(
      'http://app.example/',
    )
  })
})
