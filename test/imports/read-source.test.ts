import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SourceFormat } from '../../src/domain/bulk-import.ts'
import { readSource, type SourceRecord } from '../../src/imports/read-source.ts'
import { SeenKeys } from '../../src/imports/seen-keys.ts'
import { importFile } from './import-files.ts'

async function read(format: SourceFormat, content: string | Buffer): Promise<SourceRecord[]> {
  const path = await importFile(`file.${format}`, content)
  return Array.fromAsync(readSource({ path, format }, createHash('sha256')))
}

const BOM = '\u{feff}'
const LATIN_1 = Buffer.from('a,b\nJos\u{e9},1\n', 'latin1')
const FAR = Buffer.concat([Buffer.from(`${'{"a":"é"}\n'.repeat(20_000)}{"a":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')])

describe('a file that cannot be imported as a whole', () => {
  it.each([
    ['Latin-1', 'csv', LATIN_1, 'the file is not UTF-8: line 2, byte 7 of the file. Save it as UTF-8'],
    ['a wrong byte far inside', 'jsonl', FAR, 'the file is not UTF-8: line 20001, byte 220006 of the file. Save it as UTF-8'],
    ['UTF-16', 'csv', Buffer.from(`${BOM}a,b\n1,2\n`, 'utf16le'), 'the file is UTF-16; save it as UTF-8'],
    ['a quote that is not closed', 'csv', 'a,b\n1,"2\n3,4\n', 'the row after line 1 opens a quote and does not close it'],
    [
      'a quote inside a cell',
      'csv',
      'a,b\n1,2"x\n',
      'the row after line 1 has a quote inside a cell. Put the cell in quotes, and double each quote inside it',
    ],
    [
      'text after a quote',
      'csv',
      'a,b\n1,"2"x\n',
      'the row after line 1 has a quote inside a cell. Put the cell in quotes, and double each quote inside it',
    ],
    ['a line of 300 KB', 'jsonl', `{}\n{"a":"${'x'.repeat(400_000)}"}\n`, 'line 2 is longer than 256 KB'],
  ] as const)('is refused with its place and without its content: %s', async (_, format, content, message) => {
    await expect(read(format, content)).rejects.toMatchObject({ code: 'IMPORT_FILE_INVALID', message: expect.stringContaining(message) })
  })

  it('is refused when it does not exist', async () => {
    const file = { path: '/no/such/file.csv', format: 'csv' as const }
    await expect(Array.fromAsync(readSource(file, createHash('sha256')))).rejects.toMatchObject({
      code: 'IMPORT_FILE_INVALID',
      message: 'the file cannot be read (ENOENT)',
    })
  })
})

describe('the records of a file', () => {
  it('have the number of their first line, also after quoted line ends of each kind and empty lines', async () => {
    const text = 'a,b\r\n1,2\r\n\r\n"x\r\ny\nz",3\r\n4,5\r\n6,7'
    expect((await read('csv', text)).map(({ line, value }) => [line, value])).toEqual([
      [1, ['a', 'b']],
      [2, ['1', '2']],
      [4, ['x\r\ny\nz', '3']],
      [7, ['4', '5']],
      [8, ['6', '7']],
    ])
  })

  it('begin after a byte order mark', async () => {
    expect(await read('csv', `${BOM}a,b\n`)).toEqual([{ line: 1, value: ['a', 'b'], fault: null }])
    expect(await read('jsonl', `${BOM}{"a":1}\n`)).toEqual([{ line: 1, value: { a: 1 }, fault: null }])
  })

  it('of JSONL go on after a broken line, which is not quoted', async () => {
    expect(await read('jsonl', '{"a":1}\n{"name":"Ada\n\n{"b":2}')).toEqual([
      { line: 1, value: { a: 1 }, fault: null },
      { line: 2, value: null, fault: 'is not valid JSON' },
      { line: 4, value: { b: 2 }, fault: null },
    ])
  })

  it('keep letters that a chunk of the file cuts in two', async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => JSON.stringify({ at, name: 'Zoë 東京' }))
    const records = await read('jsonl', lines.join('\n'))
    expect(records).toHaveLength(30_000)
    expect(records.every(({ value, line }) => (value as { at: number; name: string }).name === 'Zoë 東京' && line > 0)).toBe(true)
  })
})

describe('the keys of a file', () => {
  it('are found again with the number of their first line, also after the table has grown', () => {
    const seen = new SeenKeys()
    for (let line = 1; line <= 5_000; line += 1) expect(seen.firstLineOf(`customer_${line}`, line)).toBeNull()
    for (let line = 1; line <= 5_000; line += 1) expect(seen.firstLineOf(`customer_${line}`, 9_999)).toBe(line)
  })
})
