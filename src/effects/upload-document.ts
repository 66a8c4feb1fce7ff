import { type DocumentSnapshot, isUploaded, nameAtPaxos, UPLOAD_DOCUMENT } from '../domain/document/document.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { EffectKind } from './effect-kind.ts'

/**
 * The upload of a document as a worker meets it: the process that had the file has died, and no byte is kept. So the worker looks for the file at
 * Paxos under its name, and where it is not, says that the upload was interrupted. The caller sends the file again.
 */
export function uploadDocumentEffect(paxos: PaxosClient): EffectKind<DocumentSnapshot> {
  return {
    kind: UPLOAD_DOCUMENT,
    asksPaxos: true,
    perform: async () => ({ kind: 'document-not-uploaded', reason: 'interrupted' }),
    find: async ({ snapshot: { document }, effect, priority }) => {
      const name = nameAtPaxos(document, effect)
      const { documents } = await paxos.documents.list(document.identityId, { priority })
      const found = documents.find((each) => each.name === name)
      return found ? { kind: 'document-uploaded', fileId: found.fileId, how: 'found' } : null
    },
    same: (known, late) => (isUploaded(known) && isUploaded(late) ? known.fileId === late.fileId : known.kind === late.kind),
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-look-up',
      detail: 'the file would be looked for at Paxos; it is not sent again, because Gatehouse keeps no file',
      effects: [{ act: 'look-up', key }],
      receipt: { kind: 'document-not-uploaded', reason: 'interrupted' },
    }),
  }
}
