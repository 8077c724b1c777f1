// Fetches the page at an address, and what it links to, until it is served: fails after 30 seconds.
const [address] = process.argv.slice(2)
const deadline = Date.now() + 30_000

async function get(url) {
  for (;;) {
    try {
      const response = await fetch(url)
      const text = await response.text()
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      return text
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

const page = await get(address)
if (!/<html/i.test(page)) throw new Error(`${address} is not a page: ${page.slice(0, 200)}`)
const parts = [...page.matchAll(/<(?:script|link)\b[^>]*?\s(?:src|href)="([^"#:]+)"/g)].map(
  (match) => match[1],
)
for (const part of parts) await get(new URL(part, address))
console.log(`${address} serves a page of ${page.length} characters and ${parts.length} parts of it.`)
