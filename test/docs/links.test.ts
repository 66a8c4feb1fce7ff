import { existsSync, globSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readText } from './read-tables.ts'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: PROJECT }).sort()

const withoutFences = (text: string): string => text.replaceAll(/^```.*?^```$/gms, '')
const withoutCode = (text: string): string => withoutFences(text).replaceAll(/`[^`\n]*`/g, '')

/** The anchors that GitHub makes of a page's headings. A repeated heading gets a number. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutFences(readText(page)).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`
    anchors.add(anchor)
  }
  return anchors
}

/** What is wrong with a link on a page, or null for a valid one and for one that leaves the project. */
function fault(page: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (file.startsWith('..')) return 'leads out of the project'
  if (!existsSync(join(PROJECT, file))) return `there is no ${file}`
  if (anchor === undefined || statSync(join(PROJECT, file)).isDirectory()) return null
  return anchorsOf(file).has(anchor) ? null : `${file} has no heading #${anchor}`
}

describe.each(pages)('%s', (page) => {
  const text = withoutCode(readText(page))
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)

  it('has links with existing targets only', () => {
    const faults = targets.map((target) => [target, fault(page, target)]).filter(([, wrong]) => wrong !== null)
    expect(faults).toEqual([])
  })

  it('names existing files only', () => {
    const files = Array.from(readText(page).matchAll(/`((?:src|test|prisma|docs|bench|\.ci)\/[\w./-]*)`/g), ([, file = '']) => file)
    expect(files.filter((file) => !existsSync(join(PROJECT, file)))).toEqual([])
  })
})

describe('the commands in the pages', () => {
  const sources = ['src/cli/gatehouse.ts', ...globSync('src/cli/*-command{,s}.ts', { cwd: PROJECT })].map(readText).join('\n')
  const words = new Set(Array.from(sources.matchAll(/(?:\.command\(|^ {2}\[)'([\w-]+)/gm), ([, word]) => word))
  for (const name of [
    'receiver',
    'worker',
    'operator',
    'leaked',
    'promote',
    'set',
    'lift',
    'pause',
    'resume',
    'cancel',
    'discard',
    'acknowledge',
    'mute',
    'resolve',
    'reopen',
  ])
    words.add(name) // made in loops
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }

  it.each(pages)('of %s are commands of Gatehouse with existing options', (page) => {
    // At the start of a code span or of a line in a code block, after a prompt, `npx` or an exec into a container.
    const lines = Array.from(
      readText(page).matchAll(/(?:`|^ *(?:\$ )?|\| ?)(?:[A-Z_]+=\S+ )?(?:npx |.*\bexec (?:-T )?\w+ )?gatehouse ([a-z][^`\n|]*)/gm),
      ([, line = '']) => line,
    )
    const unknown = lines.filter((line) => {
      const [command = '', second = ''] = line.split(' ')
      const named = [command, ...(/^[a-z]+$/.test(second) ? [second] : [])]
      const options = line.match(/(?<= )--[a-z-]+/g) ?? []
      return (
        !named.every((word) => words.has(word)) ||
        !options.every((option) => sources.includes(`${option} `) || sources.includes(`${option}'`))
      )
    })
    expect(unknown.filter((line) => !/^--help|^<command>/.test(line))).toEqual([])
  })

  it.each(pages)('of %s are scripts of package.json', (page) => {
    const named = Array.from(readText(page).matchAll(/npm run ([\w:]+)/g), ([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})
