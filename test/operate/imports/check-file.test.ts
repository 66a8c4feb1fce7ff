import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { registerImportCommands } from '../../../src/cli/import-commands.ts'
import type { SourceFormat } from '../../../src/domain/bulk-import.ts'
import { checkFile } from '../../../src/operate/imports/check-file.ts'
import { importFile, jsonl, personLine } from '../../imports/import-files.ts'
import { runCommand } from '../run-command.ts'

async function check(format: SourceFormat, content: string) {
  const path = await importFile(`file.${format}`, content)
  const { check: counts, rejectedLines } = await checkFile({ path, format })
  const rejected = await Array.fromAsync(rejectedLines)
  return { ...counts, lines: rejected.flatMap(({ line, fields }) => fields.map(({ field, message }) => `${line} ${field}: ${message}`)) }
}

const template = async (...flags: string[]): Promise<string> =>
  runCommand({ useCases: {} }, registerImportCommands, ['import', 'template', ...flags])

describe('a line that cannot be imported', () => {
  it.each([
    ['a list', [], 'the line: must be an object'],
    ['without ref_id', { ...personLine(1), ref_id: undefined }, 'ref_id: is required in an import: your own id of the customer'],
    ['an unknown field', personLine(1, { more: { nickname: 'A' } }), 'nickname: is not a known field; known fields: '],
    ['a wrong date', personLine(1, { details: { date_of_birth: '1988-02-30' } }), 'person_details.date_of_birth: '],
    ['a name that Paxos cannot take', personLine(1, { details: { last_name: 'Núñez' } }), 'person_details.last_name: may hold only ASCII'],
    ['an SSN of a wrong form', personLine(1, { details: { cip_id: '123' } }), 'person_details.cip_id: must have the form xxx-xx-xxxx'],
    ['a ref_id that names the person', personLine(1, { refId: 'ada-moreno' }), "ref_id: must not hold the person's name"],
    ['the character NUL', personLine(1, { details: { first_name: 'A\0' } }), 'person_details.first_name: must not hold the character NUL'],
  ])('is rejected with its line and field, and without a value: %s', async (_, line, expected) => {
    const { lines, rejected, valid } = await check('jsonl', jsonl([personLine(2), line]))
    expect({ rejected, valid }).toEqual({ rejected: 1, valid: 1 })
    expect(lines.join('\n')).toContain(`2 ${expected}`)
    expect(lines.join('\n')).not.toMatch(/Núñez|1988-02-30|ada-moreno|Moreno/)
  })

  it('has every wrong field named at once', async () => {
    const { lines } = await check('jsonl', jsonl([personLine(1, { details: { nationality: 'us', cip_id_type: 'X', zip: '1' } })]))
    const fields = ['1 person_details.nationality', '1 person_details.cip_id_type', '1 person_details.zip']
    expect(new Set(lines.map((text) => text.split(':')[0]))).toEqual(new Set(fields))
  })

  it('is a row of CSV with too few or too many cells', async () => {
    const [head = '', row = ''] = (await template('--csv')).split('\n')
    const { lines, valid } = await check('csv', `${head}\n${row}\nonly-one\n${row.trim()},more\n`)
    expect(valid).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(/^3 the line: has 1 cells; the head line has \d+ columns$/),
      expect.stringMatching(/^4 the line: has \d+ cells; the head line has \d+ columns$/),
    ])
  })
})

describe('a head line that cannot be used', () => {
  it.each([
    ['no head line at all', 'c_1,Ada,Moreno\n', ['column 1 is not a known field', 'column 2 is not', 'column ref_id is missing']],
    ['a field without its path', 'ref_id,First Name\n', ['column 2 is not a known field; it may be person_details.first_name']],
    ['a repeated column', 'ref_id,ref_id\n', ['column 2 repeats column 1']],
    ['semicolons', 'ref_id;onDuplicate\n', ['separate the columns with commas']],
    ['a name that is no field of ours', 'ref_id,metadata.__proto__,__proto__.x\n', ['column 2 is not a known field', 'column 3 is not']],
    ['an item of a list that is too far', 'ref_id,tax_details.51.tax_payer_id\n', ['column 2 is not a known field']],
  ])('is refused with every fault by its column, and without its text: %s', async (_, text, faults) => {
    const refused = check('csv', `${text}1,2\n`).catch((error: Error) => error.message)
    for (const fault of faults) expect(await refused).toContain(fault)
    expect(await refused).not.toMatch(/Ada|Moreno|First Name/)
  })

  it('is one without lines after it', async () => {
    await expect(check('csv', 'ref_id\n')).rejects.toMatchObject({ code: 'IMPORT_FILE_INVALID', message: 'the file has no line to import' })
  })
})

describe('a row of CSV', () => {
  it('stands for the same body as a line of JSONL: dotted paths, lists by number, truth values, metadata', async () => {
    const [head = '', row = ''] = (await template('--csv')).split('\n')
    expect(head).toContain('ref_id,onDuplicate,person_details.first_name,')
    const more = 'metadata.plan,tax_details.1.tax_payer_id,tax_details.1.tax_payer_country,is_merchant'
    const known = head
      .trim()
      .split(',')
      .filter((name) => !more.includes(name))
    const cells = row.trim().split(',')
    const kept = known.map((name) => cells[head.trim().split(',').indexOf(name)])
    const { valid, lines } = await check('csv', `${[...known, more].join(',')}\n${[...kept, 'gold', '99', 'USA', 'TRUE'].join(',')}\n`)
    expect(lines).toEqual([])
    expect(valid).toBe(1)
  })

  it('has a field named whose truth value is none', async () => {
    const [head = '', row = ''] = (await template('--csv')).split('\n')
    const at = head.trim().split(',').indexOf('is_merchant')
    const cells = row.trim().split(',')
    cells[at] = 'perhaps'
    expect((await check('csv', `${head}\n${cells.join(',')}\n`)).lines).toEqual(['2 is_merchant: must be a boolean'])
  })
})

describe('gatehouse import --dry-run', () => {
  it('needs no database, sends nothing, and writes the report with line and field', async () => {
    const path = await importFile('people.jsonl', jsonl([personLine(1), personLine(1), personLine(2, { details: { nationality: 'us' } })]))
    const printed = await runCommand({ useCases: {} }, registerImportCommands, ['import', path, '--dry-run'])
    expect(printed).toContain('3 lines checked, nothing sent: 2 valid, 1 rejected, 1 with the ref_id of an earlier line.')
    expect(await readFile(`${path}.rejects.csv`, 'utf8')).toMatch(
      /^line,field,message,code\r\n3,person_details\.nationality,[^\r]*,REQUEST_INVALID\r\n$/,
    )
    process.exitCode = 0 // the command sets 1 for a script
  })

  it.each([['--csv'], ['--jsonl']])('finds the template valid: %s', async (flag) => {
    expect(await check(flag === '--csv' ? 'csv' : 'jsonl', `${await template(flag)}\n`)).toMatchObject({ records: 1, valid: 1, lines: [] })
  })

  it('says what to add when the name does not say the format', async () => {
    const path = await importFile('people.txt', '')
    await expect(runCommand({ useCases: {} }, registerImportCommands, ['import', path, '--dry-run'])).rejects.toThrow(
      '--format csv or --format jsonl',
    )
  })
})
