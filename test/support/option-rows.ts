// What the doc comments of an interface of options say, so that pages need not say it a second time.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { root } from './source-files.ts'

/** One option: its path from the top, its default, and its doc comment as Markdown for a table. */
export interface OptionRow {
  readonly name: string
  readonly preset: string | null
  readonly text: string
}

/** The options of an interface, nested ones included, in their order. */
export function optionRows(path: string, name: string): OptionRow[] {
  const file = ts.createSourceFile(path, readFileSync(root + path, 'utf8'), ts.ScriptTarget.ESNext, true)
  const owner = file.statements.find(
    (node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name,
  )
  if (owner === undefined) throw new Error(`${path} has no interface ${name}.`)
  return rowsOf(owner.members, '')
}

function rowsOf(members: ts.NodeArray<ts.TypeElement>, prefix: string): OptionRow[] {
  return members.filter(ts.isPropertySignature).flatMap((member) => {
    const name = prefix + member.name.getText()
    const preset = ts.getJSDocTags(member).find((tag) => tag.tagName.text === 'default')
    const [comment] = member.getChildren().filter(ts.isJSDoc)
    const own: OptionRow = {
      name,
      preset: preset === undefined ? null : toCell(toText(preset.comment)),
      text: toCell(toText(comment?.comment)),
    }
    return [own, ...nested(member.type).flatMap((type) => rowsOf(type.members, `${name}.`))]
  })
}

/** The object literals among the alternatives of a type. */
function nested(type: ts.TypeNode | undefined): ts.TypeLiteralNode[] {
  if (type === undefined) return []
  if (ts.isTypeLiteralNode(type)) return [type]
  return ts.isUnionTypeNode(type) ? type.types.flatMap(nested) : []
}

function toText(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replaceAll(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`')
}

/** One line, with `10_000` as people write it: with a space that does not break. */
function toCell(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
  return line.replaceAll(/(?<=\d)_(?=\d)/g, '\u00a0')
}
