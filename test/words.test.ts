import { describe, expect, it } from 'vitest'
import { readText } from './docs/read-tables.ts'
import { type Prose, proseInCode, proseInComments, proseInFiles } from './support/prose.ts'

const TABLE = '### Words that a test refuses'

/** Texts that may hold a refused word. Each entry says why. */
const EXCEPTIONS: readonly { file: string; text: string; because: string }[] = [
  { file: 'src/platform/postgres/postgres-cluster.ts', text: 'nobody', because: 'the name of a user of the operating system' },
  { file: 'src/platform/postgres/unprivileged-user.ts', text: 'nobody', because: 'the same' },
  { file: 'test/pgbouncer/start-pgbouncer.ts', text: 'nobody', because: 'the same' },
]

/** The refused phrases: the code spans in the first column of the table in docs/style.md. */
function refusedPhrases(): string[] {
  const [, after = ''] = readText('docs/style.md').split(TABLE)
  const rows = (after.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, phrase = '']) => phrase))
}

/** In a phrase, `*` is any letters and `<n>` is a number. A phrase stands alone: `hand` is not in `hand-written` or `EFFECT_IN_PROGRESS`. */
function patternOf(phrase: string): RegExp {
  const body = phrase.replaceAll('*', '[a-z]*').replaceAll('<n>', '\\d[\\d.,]*')
  return new RegExp(`(?<![\\w-])${body}(?![\\w-])`, 'i')
}

const phrases = refusedPhrases()
const patterns = phrases.map(patternOf)

/** One line for each refused word in the texts, without those that an exception allows. */
function refusedIn(texts: Prose[]): string[] {
  return texts.flatMap(({ file, line, text }) =>
    patterns.flatMap((pattern) => {
      const found = pattern.exec(text)
      if (found === null || EXCEPTIONS.some((entry) => entry.file === file && entry.text === found[0])) return []
      return [`${file}:${line}: "${found[0]}" in "${text.slice(Math.max(0, found.index - 60), found.index + 60)}"`]
    }),
  )
}

describe('the words that docs/style.md refuses', () => {
  it('are a list of at least 30 phrases', () => {
    expect(phrases.length).toBeGreaterThan(30)
  })

  it('are found in a text, in a template, in a sum of texts and over the end of a line', () => {
    const texts = ['Whoever asks', 'stuck since 6 min', 'the cause is mended', 'an event asks for its hand', 'There is no such client']
    expect(refusedIn(texts.map((text) => ({ file: 'x.ts', line: 1, text }))).length).toBe(texts.length)
    expect(refusedIn([{ file: 'x.ts', line: 1, text: 'hand-written SQL after EFFECT_IN_PROGRESS, since 2026' }])).toEqual([])
  })

  it('do not stand in the texts of the program: pages, API, commands, errors, logs', () => {
    expect(refusedIn(proseInCode('src/**/*.{ts,js,mjs}')).join('\n')).toBe('')
  })

  it('do not stand in the comments of the program', () => {
    expect(refusedIn(proseInComments('src/**/*.{ts,js,mjs}')).join('\n')).toBe('')
  })

  it('do not stand in the names, texts and comments of tests and benches', () => {
    const code = ['test/**/*.{ts,mjs}', 'bench/**/*.ts']
    const texts = [...proseInCode(...code), ...proseInComments(...code)]
    expect(refusedIn(texts.filter(({ file }) => file !== 'test/words.test.ts')).join('\n')).toBe('')
  })

  it('do not stand in the README, the docs and the changelog', () => {
    expect(refusedIn(proseInFiles('*.md', 'docs/**/*.md').filter(({ file }) => file !== 'docs/style.md')).join('\n')).toBe('')
  })

  it('do not stand in the files that set Gatehouse up', () => {
    const files = [
      '.env.example',
      'docker-compose.yml',
      'Dockerfile',
      'lefthook.yml',
      '.ci/run',
      '.ci/*.sh',
      'prisma/*.{prisma,sql}',
      'gatehouse',
    ]
    expect(refusedIn(proseInFiles(...files)).join('\n')).toBe('')
  })

  it('need every listed exception', () => {
    const unused = EXCEPTIONS.filter(
      ({ file, text }) => ![...proseInCode(file), ...proseInComments(file)].some((prose) => prose.text.includes(text)),
    )
    expect(unused).toEqual([])
  })
})
