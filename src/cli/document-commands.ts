import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { DOCUMENT_TYPES, type DocumentType } from '../domain/document/document-types.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { collectOneOf, type OpenUseCases, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { unreadable } from './read-input.ts'
import { renderTable } from './render-table.ts'

interface UploadFlags {
  type: DocumentType[]
  idempotencyKey?: string
  operator: string
  json?: boolean
}

/** `document upload|list`: the documents that Paxos wants of a customer. */
export function registerDocumentCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const document = program.command('document').description('documents of customers, for Enhanced Due Diligence')
  document
    .command('upload')
    .description('send a PDF, JPEG or PNG of less than 100 MB to Paxos; repeating with the same key sends it once')
    .argument('<identity-id>', "the identity's id at Paxos", parsePaxosId)
    .argument('<file>', 'the path of the file')
    .requiredOption('--type <type>', `what it is; repeatable: ${DOCUMENT_TYPES.join(', ')}`, collectOneOf(DOCUMENT_TYPES))
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (identityId: string, path: string, { type, idempotencyKey = randomUUID(), operator, json }: UploadFlags) => {
      const length = await sizeOf(path)
      await withUseCases(open, async (useCases) => {
        const file = { stream: createReadStream(path), length }
        const asked = { identityId, idempotencyKey, documentTypes: type, file }
        const { document: sent, created } = await useCases.uploadDocument(asked, { kind: 'operator', name: operator })
        if (json) return print(JSON.stringify(sent, null, 2))
        print(`${created ? 'Paxos has the file' : 'Paxos has the file already'}: ${sent.documentId}, file ${sent.fileId}`)
        print(`See what is still wanted: ${GATEHOUSE} document list ${identityId}`)
      })
    })
  document
    .command('list')
    .description('list the documents of a customer at Paxos, and what Paxos still wants')
    .argument('<identity-id>', "the identity's id at Paxos", parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (identityId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const list = await useCases.listDocuments(identityId)
        if (json) return print(JSON.stringify(list, null, 2))
        const { uploads, atPaxos, wanted } = list
        print(wanted.length > 0 ? `still wanted: ${wanted.join(', ')}` : 'Paxos wants no further document.')
        if (atPaxos.length > 0) {
          const rows = atPaxos.map(({ fileId, documentTypes, createdAt }) => [fileId, documentTypes.join(', '), createdAt])
          print(`\n${renderTable(['FILE AT PAXOS', 'TYPES', 'CREATED'], rows)}`)
        }
        if (uploads.length > 0) {
          const rows = uploads.map((each) => [each.documentId, each.state, each.reason ?? '', utcTime(each.updatedAt)])
          print(`\n${renderTable(['UPLOAD', 'STATE', 'REASON', 'CHANGED'], rows)}`)
        }
      })
    })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    throw unreadable(path, error)
  }
}
