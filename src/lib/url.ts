// toUrl(): the address of a WebSocket server (A15).

/**
 * A WebSocket address from any of the ways to write one.
 * @throws TypeError naming `url`
 */
export function toUrl(url: unknown, page: string | null): string {
  const parsed =
    typeof url === 'string' && URL.canParse(url, page ?? undefined) ? new URL(url, page ?? undefined) : null
  const scheme = /^(?:http|ws)(s?):$/.exec(parsed?.protocol ?? '')
  if (!parsed || !scheme || parsed.hash) {
    throw new TypeError(
      `url must be a ws, wss, http or https address, or a path where there is a page, not ${toShown(url)}`,
    )
  }
  parsed.protocol = `ws${scheme[1] ?? ''}:`
  return parsed.href
}

/** An address without what may be secret in it: user, query, fragment. */
export function withoutSecrets(url: string): string {
  return url.replace(/[?#][^]*/, '').replace(/\/\/[^/]*@/, '//')
}

/** What is no address may still be written with a password: where there may be one, nothing is shown. */
function toShown(url: unknown): string {
  if (typeof url !== 'string') return typeof url
  return url.includes('@') ? 'what was given' : withoutSecrets(url)
}
