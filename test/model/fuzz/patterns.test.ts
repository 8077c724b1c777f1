// Every regular expression of the library against texts made to slow it down. What is not linear does not come back.
import { createContext, runInContext } from 'node:vm'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { readSource } from '../../support/source-files.ts'

interface Pattern {
  readonly path: string
  readonly source: string
  readonly flags: string
}

/** The patterns of one file: literals, and what is built of a template, with an `x` where it is filled in. */
function patternsIn(path: string, text: string): Pattern[] {
  const found: Pattern[] = []
  const add = (source: string, flags: string): void => void found.push({ path, source, flags })
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      add(node.text.slice(1, end), node.text.slice(end + 1))
    }
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'RegExp') {
      const [first] = node.arguments ?? []
      if (first && ts.isStringLiteralLike(first)) add(first.text, '')
      if (first && ts.isTemplateExpression(first))
        add(first.head.text + first.templateSpans.map(({ literal }) => `x${literal.text}`).join(''), '')
    }
    ts.forEachChild(node, visit)
  }
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  visit(file)
  return found
}

const LENGTH = 50_000
const context = createContext({})

/** The text with which this pattern takes longer than a hundred linear ones, or null. */
function slowedBy({ source, flags }: Pattern): string | null {
  // What the pattern speaks of, and what it may leave out of its sets.
  const letters = [...new Set(Array.from(`${source.replace(/\\[dwsDWSpPuxnrt]/g, '')}a0 /@.`))]
  const pumps = [...letters, ...letters.slice(0, 8).flatMap((a) => letters.slice(0, 8).map((b) => a + b))]
  const starts = ['', 'x=', 'ws://', ';x=']
  // One script for all: each text is matched, replaced and split as the library does.
  const script = `
    const pattern = new RegExp(source, flags)
    for (const start of starts) for (const end of ['', '\\u0000', '!']) {
      now = start + pump.repeat(${LENGTH} / pump.length) + end
      pattern.test(now); pattern.lastIndex = 0; now.replace(pattern, '')
    }`
  for (const pump of pumps) {
    Object.assign(context, { source, flags, starts, pump })
    try {
      // Linear, these take milliseconds; quadratic, seconds. The engine is stopped in between.
      runInContext(`{${script}}`, context, { timeout: 1_000 })
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      return pump
    }
  }
  return null
}

describe('the patterns of the library', { timeout: 60_000 }, () => {
  const patterns = readSource().flatMap(({ path, text }) => patternsIn(path, text))

  it('[G23 E1] are few, and all are found', () => {
    expect(patterns.length).toBeGreaterThan(8)
    expect(patterns.map(({ path }) => path)).toContain('src/protocol/frames.ts')
    expect(patternsIn('a.ts', 'const a = /[^/]*@/g; const b = new RegExp(`(?:^|;)${key}=`)')).toEqual([
      { path: 'a.ts', source: '[^/]*@', flags: 'g' },
      { path: 'a.ts', source: '(?:^|;)x=', flags: '' },
    ])
  })

  it('[G23] take linear time for any text (fault H13)', () => {
    expect(patterns.filter((pattern) => slowedBy(pattern) !== null)).toEqual([])
  })

  it.each(['(a+)+$', '\\s+$'])('[G23] would be found out if they did not, as %s is (fault H13)', (source) => {
    expect(slowedBy({ path: '', source, flags: '' })).not.toBeNull()
  })
})
