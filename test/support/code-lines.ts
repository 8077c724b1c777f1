// How many lines of code a file has: those with more than blanks and comments on them.
import ts from 'typescript'

export function countCodeLines(text: string): number {
  const file = ts.createSourceFile('file.tsx', text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.TSX)
  const lines = new Set<number>()
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(file)
    children.forEach(visit)
    if (children.length > 0) return
    if (node.kind === ts.SyntaxKind.EndOfFileToken || ts.isJSDoc(node) || node.getWidth(file) === 0) return
    const last = file.getLineAndCharacterOfPosition(node.end).line
    for (let line = file.getLineAndCharacterOfPosition(node.getStart(file)).line; line <= last; line++)
      lines.add(line)
  }
  visit(file)
  return lines.size
}
