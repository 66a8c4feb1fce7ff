import { DOCUMENT_RULES, type DocumentSnapshot } from '../domain/document/document.ts'
import { uploadDocumentEffect } from '../effects/upload-document.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

/** The timer that ends an upload whose process has died. */
export const SETTLE_DOCUMENT = 'settle-document'

export function documentRoute({ ledger, paxos }: { ledger: Ledger<DocumentSnapshot>; paxos: PaxosClient }): OwnRoute {
  const kind: StreamKind<DocumentSnapshot, null> = { rules: DOCUMENT_RULES, ledger, effects: [uploadDocumentEffect(paxos)] }
  return {
    type: SETTLE_DOCUMENT,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
