import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES, OPERATIONS } from '../../src/sandbox/api/operations.ts'
import { DOCUMENTED_SCOPES } from '../../src/sandbox/api/scopes.ts'
import { documentedOperations, findDocument, hasDocument } from './paxos-document.ts'

describe("Paxos's OpenAPI document", () => {
  const nowhere = '/'
  const file = import.meta.filename

  it('fails the run when it is missing in CI, and is null elsewhere', () => {
    expect(() => findDocument({ env: { CI: 'true' }, from: nowhere })).toThrow(/is missing, and in CI .* PAXOS_OPENAPI_DOCUMENT/)
    expect(findDocument({ env: {}, from: nowhere })).toBeNull()
  })

  it('is read from the path in PAXOS_OPENAPI_DOCUMENT, which must be a file', () => {
    expect(findDocument({ env: { CI: 'true', PAXOS_OPENAPI_DOCUMENT: file }, from: nowhere })).toBe(file)
    expect(() => findDocument({ env: { PAXOS_OPENAPI_DOCUMENT: '/no/such/file' }, from: nowhere })).toThrow('names no file: /no/such/file')
  })
})

describe.skipIf(!hasDocument)("the simulator compared with Paxos's OpenAPI document", () => {
  it('simulates documented operations only, each with its documented scope', () => {
    const documented = new Map(documentedOperations().map(({ name, scope }) => [name, scope]))
    for (const name of OPERATION_NAMES) {
      if (OPERATIONS[name].below === '') continue // token endpoint and upload store: other hosts, not in the document
      expect([name, documented.get(name)]).toEqual([name, OPERATIONS[name].scope])
    }
  })

  it('F41: lets a client request every scope of the document', () => {
    const needed = documentedOperations().flatMap(({ scope }) => (scope === null ? [] : [scope]))
    expect(needed.filter((scope) => !DOCUMENTED_SCOPES.includes(scope))).toEqual([])
  })
})
