import type { Document } from '../domain/document/document.ts'
import { DOCUMENT_TABLE } from './document-table.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

/** A document as operators and applications read it. */
export type DocumentRecord = StreamRecord<Document>

/** A document that is `sending` and has not changed for minutes waits for a process that has died. */
export const DOCUMENT_READS = streamReads(DOCUMENT_TABLE, { idForm: /^document-[0-9a-f]{32}$/, waiting: ['sending'] })
