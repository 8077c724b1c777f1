// The source files as data: what each imports, and whether only types.
import { readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The repository's folder, with a slash at the end. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** One import or re-export. */
export interface Import {
  /** A path from the repository's root for our own files, else the package's name (`node:` for what Node brings). */
  readonly target: string
  readonly own: boolean
  readonly typeOnly: boolean
}

/** One file of `src`. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

/** Every file below a folder, as paths from the repository's root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name).slice(root.length))
    .sort()
}

/** Every TypeScript file below `src`. */
export function readSource(): SourceFile[] {
  return filesBelow('src')
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(root + path, 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

/** What a file imports, in any of the ways there are. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const own = specifier.text.startsWith('.')
    const name = /^(?:node:|@[^/]+\/[^/]+|[^/]+)/.exec(specifier.text)?.[0] ?? specifier.text
    found.push({ target: own ? posix.join(posix.dirname(path), specifier.text) : name, own, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, onlyTypes(node.importClause))
    else if (ts.isExportDeclaration(node))
      add(node.moduleSpecifier, node.isTypeOnly || allTypes(node.exportClause))
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true))
  return found
}

function onlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  return clause.name === undefined && allTypes(clause.namedBindings)
}

function allTypes(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return false
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly)
}
