import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerImportCommands } from '../../../src/cli/import-commands.ts'
import type { Actor } from '../../../src/domain/actor.ts'
import type { ImportRecord } from '../../../src/domain/bulk-import.ts'
import { takeImport } from '../../../src/imports/import-store.ts'
import type { ImportProgress } from '../../../src/operate/imports/follow-progress.ts'
import { importFile, jsonl, personLine } from '../../imports/import-files.ts'
import { runCommand } from '../run-command.ts'
import { type Operator, startOperator } from '../start-operator.ts'

const ADA: Actor = { kind: 'operator', name: 'Ada' }
const NEVER = new AbortController().signal

let operator: Operator
beforeAll(async () => {
  operator = await startOperator({ concurrency: 2 })
})
afterAll(() => operator.close())

const identities = (): number => operator.sandbox.story.of('identity-created').length
const run = (path: string, options: { signal?: AbortSignal; onProgress?: (seen: ImportProgress) => void; resume?: string } = {}) =>
  operator.useCases.runImport(
    { path, format: 'jsonl' },
    { signal: options.signal ?? NEVER, onProgress: options.onProgress ?? (() => undefined), resume: options.resume },
    ADA,
  )
const rejectsOf = ({ id }: ImportRecord) => operator.useCases.listRejectedLines(id, { afterLine: 0, limit: 100 })
const audits = async (action: string) =>
  (await operator.useCases.listAudit({ limit: 200 })).items.filter((entry) => entry.action === action)

describe('an import', () => {
  it('creates each valid line once, and reports the others with line and field', async () => {
    const before = identities()
    const path = await importFile(
      'people.jsonl',
      jsonl([
        personLine(1),
        personLine(2, { details: { nationality: 'us' } }),
        personLine(1),
        personLine(1, { details: { first_name: 'Eva' } }),
        personLine(3),
      ]),
    )
    const done = await run(path)
    expect(done).toMatchObject({
      state: 'finished',
      records: 5,
      position: 5,
      created: 2,
      existing: 1,
      held: 0,
      rejected: 2,
      requestedBy: 'Ada',
    })
    expect(identities() - before).toBe(2)
    expect(await rejectsOf(done)).toEqual([
      { line: 2, code: 'REQUEST_INVALID', fields: [{ field: 'person_details.nationality', message: expect.any(String) }] },
      {
        line: 4,
        code: 'IDEMPOTENCY_KEY_REUSED',
        fields: [{ field: 'person_details.first_name', message: 'differs from line 1 with the same ref_id' }],
      },
    ])
    const { rows } = await operator.pool.query('SELECT id FROM sealed_payload')
    expect(rows).toEqual([])
    expect(await audits('import.run')).toMatchObject([{ target: done.id, operator: 'Ada' }])
    expect(await audits('import.run.done')).toMatchObject([{ data: { created: 2, existing: 1, rejected: 2 } }])
  })

  it('sends nothing when its file is imported again, and finds its lines in a corrected file', async () => {
    const lines = [personLine(11), personLine(12, { details: { nationality: 'us' } })]
    const first = await run(await importFile('people.jsonl', jsonl(lines)))
    const before = identities()
    expect(await run(await importFile('copy.jsonl', jsonl(lines)))).toEqual(first)
    expect(identities()).toBe(before)
    const corrected = await run(await importFile('corrected.jsonl', jsonl([personLine(11), personLine(12)])))
    expect(corrected).toMatchObject({ state: 'finished', created: 1, existing: 1, rejected: 0 })
    expect(identities()).toBe(before + 1)
  })

  it('names the field of a line that differs from an earlier request, and a ref_id that another request has', async () => {
    const { status } = await operator.call('POST', '/v1/onboardings', {
      body: personLine(21),
      headers: { authorization: 'Bearer operator-token-of-this-test', 'idempotency-key': 'its-own-key' },
    })
    expect(status).toBe(201)
    await run(await importFile('people.jsonl', jsonl([personLine(22)])))
    const done = await run(
      await importFile(
        'more.jsonl',
        jsonl([personLine(21), personLine(22, { details: { address: { ...personLine(22).person_details.address, city: 'Troy' } } })]),
      ),
    )
    expect(await rejectsOf(done)).toEqual([
      { line: 1, code: 'REF_ID_TAKEN', fields: [{ field: 'ref_id', message: expect.any(String) }] },
      {
        line: 2,
        code: 'IDEMPOTENCY_KEY_REUSED',
        fields: [{ field: 'person_details.address.city', message: 'differs from an earlier request with the same ref_id' }],
      },
    ])
  })

  it('rejects or holds a person whom Paxos knows under another ref_id, as the line says', async () => {
    const same = (number: number, onDuplicate?: string) =>
      personLine(31, { refId: `again_${number}`, more: { ...(onDuplicate ? { onDuplicate } : {}) } })
    const done = await run(await importFile('people.jsonl', jsonl([personLine(31), personLine(32)])))
    expect(done.created).toBe(2)
    const again = await run(await importFile('again.jsonl', jsonl([same(1), same(2, 'review')])))
    expect(again).toMatchObject({ created: 0, held: 1, rejected: 1 })
    expect(await rejectsOf(again)).toMatchObject([{ line: 1, code: 'PERSON_ALREADY_KNOWN' }])
  })

  it('stops between two groups of lines, says so, and goes on with the same file only', async () => {
    const lines = Array.from({ length: 40 }, (_, at) => personLine(100 + at))
    const path = await importFile('people.jsonl', jsonl(lines))
    const stopping = new AbortController()
    const stopped = await run(path, { signal: stopping.signal, onProgress: ({ position }) => position > 0 && stopping.abort() })
    expect(stopped).toMatchObject({ state: 'stopped', position: 16, created: 16 })
    const other = await importFile('other.jsonl', jsonl(lines.slice(1)))
    await expect(run(other, { resume: stopped.id })).rejects.toMatchObject({ code: 'IMPORT_FILE_INVALID' })
    expect(await run(path, { resume: stopped.id })).toMatchObject({ state: 'finished', position: 40, created: 40, existing: 0 })
  })

  it('refuses a file that changes while it is imported', async () => {
    const path = await importFile('people.jsonl', jsonl(Array.from({ length: 40 }, (_, at) => personLine(200 + at))))
    const onProgress = ({ position }: ImportProgress): void => {
      if (position === 0) writeFileSync(path, jsonl([personLine(200)]))
    }
    await expect(run(path, { onProgress })).rejects.toMatchObject({
      code: 'IMPORT_FILE_INVALID',
      message: expect.stringContaining('was changed'),
    })
  })
})

describe('a fault at Paxos during an import', () => {
  const refusing = (status: number, next: number) =>
    operator.sandbox.faults.arm({ on: 'POST /identity/identities', do: 'answer', status, next })

  it('that passes makes a line wait: each line is created once, and none is rejected', async () => {
    const before = identities()
    refusing(503, 3)
    const seen: (string | null)[] = []
    const done = await run(await importFile('people.jsonl', jsonl([personLine(801), personLine(802)])), {
      onProgress: ({ waitsFor }) => seen.push(waitsFor),
    })
    expect(done).toMatchObject({ state: 'finished', created: 2, rejected: 0 })
    expect(seen).toContain('PAXOS_OUTCOME_UNKNOWN')
    expect(identities() - before).toBe(2)
  })

  it('that is a refusal of one line rejects that line alone', async () => {
    refusing(400, 1)
    const done = await run(await importFile('people.jsonl', jsonl([personLine(811)])))
    expect(done).toMatchObject({ state: 'finished', created: 0, rejected: 1 })
    expect(await rejectsOf(done)).toMatchObject([{ line: 1, code: 'PAXOS_REJECTED' }])
  })

  it('that refuses our API user stops the run before the next lines, and says why', async () => {
    refusing(403, 1)
    const lines = Array.from({ length: 20 }, (_, at) => personLine(820 + at))
    await expect(run(await importFile('people.jsonl', jsonl(lines)))).rejects.toMatchObject({ code: 'PAXOS_FORBIDDEN' })
    const [stopped] = (await operator.useCases.listImports({ limit: 1 })).items
    expect(stopped).toMatchObject({ state: 'stopped', position: 0, rejected: 0, lastError: 'PAXOS_FORBIDDEN' })
  })
})

describe('two imports of one file at once', () => {
  it('share one lease: the second one is refused, and no line is sent twice', async () => {
    const before = identities()
    const path = await importFile('people.jsonl', jsonl(Array.from({ length: 200 }, (_, at) => personLine(300 + at))))
    const settled = await Promise.allSettled([run(path), run(path)])
    const codes = settled.map((each) => (each.status === 'fulfilled' ? each.value.state : (each.reason as { code: string }).code))
    expect(codes).toContain('finished')
    expect(codes.filter((code) => code !== 'finished' && code !== 'IMPORT_IN_PROGRESS')).toEqual([])
    expect(identities() - before).toBe(200)
  })

  it('is continued at once when the process that held the lease has died on this machine, and fenced when it still writes', async () => {
    const path = await importFile('people.jsonl', jsonl(Array.from({ length: 20 }, (_, at) => personLine(600 + at))))
    const stopping = new AbortController()
    const { id } = await run(path, { signal: stopping.signal, onProgress: ({ position }) => position > 0 && stopping.abort() })
    const dead = await takeImport(operator.pool, id)
    expect(await takeImport(operator.pool, id)).toBeNull()
    await operator.pool.query("UPDATE import SET lease_by = regexp_replace(lease_by, '/[0-9]+/', '/999999999/') WHERE id = $1", [id])
    expect(await run(path)).toMatchObject({ state: 'finished', created: 20 })
    const counts = { created: 1, existing: 0, held: 0, rejected: 0 }
    await expect(dead?.record({ from: 16, count: 1, counts, rejected: [] })).rejects.toMatchObject({ code: 'IMPORT_LEASE_LOST' })
  })
})

describe('reading imports', () => {
  it('lists and shows them on the API and in the terminal, with the rejected lines', async () => {
    const path = await importFile('people.jsonl', jsonl([personLine(701), { ref_id: 'x' }]))
    const printed = await runCommand(operator, registerImportCommands, ['import', path, '--operator', 'Ada', '--json'])
    process.exitCode = 0 // the command sets 1 for a script
    const { id } = JSON.parse(printed) as ImportRecord
    const { body } = await operator.call('GET', `/v1/imports/${id}`)
    expect(body).toMatchObject({ id, state: 'finished', created: 1, rejected: 1, rejectedLines: [{ line: 2, code: 'REQUEST_INVALID' }] })
    expect((await operator.call('GET', '/v1/imports?limit=1')).body.items).toMatchObject([{ id }])
    expect((await operator.call('GET', '/v1/imports/import-00000000000000000000000000000000')).body.code).toBe('IMPORT_UNKNOWN')
    expect(await runCommand(operator, registerImportCommands, ['import', 'list'])).toContain(id)
    expect(await runCommand(operator, registerImportCommands, ['import', 'show', id])).toContain('finished, 2 of 2 lines')
    expect(await runCommand(operator, registerImportCommands, ['import', 'rejects', id])).toContain(
      '2,person_details,is required,REQUEST_INVALID',
    )
    expect(JSON.parse(await runCommand(operator, registerImportCommands, ['import', 'show', id, '--json']))).toMatchObject({ id })
  })

  it('is all that a viewer may do', async () => {
    await operator.useCases.addOperator({ name: 'Vera', role: 'viewer', kind: 'person', reason: 'a test' }, ADA)
    const path = await importFile('people.jsonl', jsonl([personLine(702)]))
    await expect(runCommand(operator, registerImportCommands, ['import', path, '--operator', 'Vera'])).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
    })
  })
})
