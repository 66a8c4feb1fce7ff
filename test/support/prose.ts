import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vitest/node'

/** One text that a person reads: its file from the project's root, its line, and its words on one line. */
export interface Prose {
  file: string
  line: number
  text: string
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(new URL(file, `file://${PROJECT}`), 'utf8')
const files = (patterns: string[]): string[] => globSync(patterns, { cwd: PROJECT, exclude: ['src/generated/**', '.ci/tools/**'] }).sort()
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ')

/**
 * The texts in the string and template literals of sources: pages, descriptions of the API and of commands, errors, log messages, names of tests.
 * A value in a template is `…`. Names in code and comments are no texts, and neither is a literal without a blank between two words.
 */
export function proseInCode(...patterns: string[]): Prose[] {
  return files(patterns).flatMap((file) => {
    const source = read(file)
    const texts: Prose[] = []
    collect(parse(file, source), (text, start) => {
      if (/[a-z,;:.] [a-z]/i.test(text)) texts.push({ file, line: source.slice(0, start).split('\n').length, text: oneLine(text) })
    })
    return texts
  })
}

/** The comments of sources. What looks like a comment within a string, a template or a regular expression is none. */
export function proseInComments(...patterns: string[]): Prose[] {
  return files(patterns).flatMap((file) => {
    const source = read(file)
    let code = ''
    for (const { start, end } of literals(parse(file, source))) code += source.slice(code.length, start) + '_'.repeat(end - start)
    code += source.slice(code.length)
    return [...code.matchAll(/\/\/.*|\/\*[\s\S]*?\*\//g)].map(({ 0: text, index }) => ({
      file,
      line: source.slice(0, index).split('\n').length,
      text: oneLine(text.replaceAll(/^\s*(?:\/\*+|\*+\/|\*|\/\/)/gm, '')),
    }))
  })
}

/** The paragraphs of pages and of other plain files: parts between empty lines, with their code and comments. */
export function proseInFiles(...patterns: string[]): Prose[] {
  return files(patterns).flatMap((file) => {
    let line = 1
    return read(file)
      .split(/(\n\s*\n)/)
      .map((text) => {
        const paragraph = { file, line, text: oneLine(text.replaceAll(/^ *(?:#|\/\/\/?) ?/gm, '')) }
        line += text.split('\n').length - 1
        return paragraph
      })
  })
}

const parse = (file: string, source: string): unknown =>
  parseAst(source, { lang: file.endsWith('.js') || file.endsWith('.mjs') ? 'js' : 'ts' })

/** The places of strings, parts of templates and regular expressions below `node`, in the order of the source. */
function literals(node: unknown): { start: number; end: number }[] {
  return placesOf(node).sort((a, b) => a.start - b.start)
}

function placesOf(node: unknown): { start: number; end: number }[] {
  if (Array.isArray(node)) return node.flatMap(placesOf)
  if (typeof node !== 'object' || node === null) return []
  const { type, start, end, ...parts } = node as Node
  const found = (type === 'Literal' || type === 'TemplateElement') && typeof start === 'number' && typeof end === 'number'
  return [...(found ? [{ start, end }] : []), ...Object.values(parts).flatMap(placesOf)]
}

/** A node of the ESTree that the parser returns, read without its many types. */
type Node = Record<string, unknown>

/** Calls `found` with every text below `node` and the offset at which it starts. A sum of texts is one text, so that a phrase cannot hide in it. */
function collect(node: unknown, found: (text: string, start: number) => void): void {
  if (Array.isArray(node)) for (const part of node) collect(part, found)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  const known = node as Node // an object of the tree: its fields are looked at before they are used
  const text = textOf(known)
  if (text !== null && typeof known.start === 'number') found(text, known.start)
  if (known.type === 'BinaryExpression' && text !== null) return
  for (const part of Object.values(known)) collect(part, found)
}

function textOf(node: Node): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  if (node.type === 'TemplateLiteral') return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…')
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return null
  const [left, right] = [textOf(node.left as Node), textOf(node.right as Node)]
  return left === null && right === null ? null : `${left ?? '…'}${right ?? '…'}`
}
