import {
  type Draft,
  type Effect,
  type Entry,
  effectsOf,
  intend,
  intendedEffect,
  isOpen,
  type Lease,
  markAttempt,
  type Receipt,
  recordReceipt,
  type Snapshot,
} from '../effect.ts'
import type { Outcome } from '../outcome.ts'
import { draftOf, type StreamRules } from '../stream.ts'
import type { FileType } from './document-types.ts'

/**
 * Where the upload of a document stands.
 *
 * - `sending`: committed here before the first byte went out. In: a request to our API. Out: the same request, or the worker once its time is up.
 * - `uploaded`: Paxos has the file; final. In: the API, or the worker, which found the file at Paxos. Out: never.
 * - `failed`: Paxos does not have the file, and `reason` says why. In: the API or the worker. Out: the same request, sent again with the file.
 */
export const DOCUMENT_STATES = ['sending', 'uploaded', 'failed'] as const
export type DocumentState = (typeof DOCUMENT_STATES)[number]

/** A document as last committed: never its bytes, its name or a word of it. */
export interface Document {
  /** Ours: `document-` and a hash of the Idempotency-Key. */
  readonly documentId: string
  readonly identityId: string
  /** Sorted: Paxos's codes for what the document is. */
  readonly documentTypes: readonly string[]
  readonly fileType: FileType
  readonly state: DocumentState
  readonly reason: string | null
  /** Paxos's id of the file; null until it is uploaded. */
  readonly fileId: string | null
  /** A hash of the bytes, keyed with ENCRYPTION_KEY, to tell a repeated file from another one; null: not known. */
  readonly contentHash: string | null
  readonly bytes: number | null
  /** Milliseconds since 1970. */
  readonly requestedAt: number
}

export interface DocumentSnapshot extends Snapshot {
  readonly document: Document
}

export const UPLOAD_DOCUMENT = 'upload-document'

/** Paxos has the file; any other receipt (`document-not-uploaded`) says with `reason` why not. `how`: by our request, or found under the name that we gave it. */
interface UploadedReceipt extends Receipt {
  readonly kind: 'document-uploaded'
  readonly fileId: string
  readonly how: 'sent' | 'found'
}

/** What is known of the bytes of an upload, beside its receipt. */
export type SentFile = Pick<Document, 'contentHash' | 'bytes'>

/** A new document with its first attempt: intent and attempt are on record before a byte goes out. */
export function openDocument(
  document: Omit<Document, 'state' | 'reason' | 'fileId' | keyof SentFile>,
  lease: Lease,
): Draft<DocumentSnapshot> {
  const { identityId, documentTypes, fileType } = document
  const requested: Entry = { kind: 'document.requested', data: { identityId, documentTypes, fileType } }
  const sending: Document = { ...document, state: 'sending', reason: null, fileId: null, contentHash: null, bytes: null }
  return attempt(draftOf<DocumentSnapshot>({ document: sending, effects: [] }, [requested]), lease)
}

/** A failed document is sent again: an upload of its own, under a name of its own at Paxos. */
export function sendAgain(stored: DocumentSnapshot, fileType: FileType, lease: Lease): Draft<DocumentSnapshot> {
  const document: Document = { ...stored.document, state: 'sending', reason: null, fileType }
  return attempt(moveTo(draftOf<DocumentSnapshot>(stored), document), lease)
}

function attempt(draft: Draft<DocumentSnapshot>, lease: Lease): Draft<DocumentSnapshot> {
  const number = uploadsOf(draft).length + 1
  const effect = intendedEffect(draft.document.documentId, { kind: UPLOAD_DOCUMENT, number })
  return markAttempt(intend(draft, effect), effect, lease)
}

/** The uploads of a document, oldest first. */
export function uploadsOf(snapshot: DocumentSnapshot): Effect[] {
  return effectsOf(snapshot, UPLOAD_DOCUMENT).toSorted((one, other) => one.number - other.number)
}

/** The upload that is under way; undefined: none. */
export function openUpload(snapshot: DocumentSnapshot): Effect | undefined {
  return snapshot.document.state === 'sending' ? uploadsOf(snapshot).find(isOpen) : undefined
}

/**
 * The file's name at Paxos: of its type, our id and the number of the upload, so that it names no person, and a name that Paxos knows already is
 * never asked for twice (409, paxos/api.md 4.10).
 */
export function nameAtPaxos({ documentId, documentTypes, fileType }: Document, { number }: Pick<Effect, 'number'>): string {
  return `${documentTypes[0]}-${documentId.slice('document-'.length)}-${number}.${fileType}`
}

/** The beginning of the names of every upload of this document. */
export function namesAtPaxos({ documentId }: Document): string {
  return `-${documentId.slice('document-'.length)}-`
}

/** Records how an upload ended. A receipt that is on record already is final; a file that turned up later still counts. */
export function endUpload(draft: Draft<DocumentSnapshot>, step: string, receipt: Receipt, sent?: SentFile): Draft<DocumentSnapshot> {
  const isNew = draft.effects.some((effect) => effect.step === step && isOpen(effect))
  const ended = afterReceipt(isNew ? recordReceipt(draft, step, receipt) : draft, receipt)
  return sent && isUploaded(receipt) ? { ...ended, document: { ...ended.document, ...sent } } : ended
}

function afterReceipt(draft: Draft<DocumentSnapshot>, receipt: Receipt): Draft<DocumentSnapshot> {
  if (draft.document.state === 'uploaded') return draft
  return isUploaded(receipt)
    ? moveTo(draft, { ...draft.document, state: 'uploaded', reason: null, fileId: receipt.fileId })
    : moveTo(draft, { ...draft.document, state: 'failed', reason: String(receipt.reason) })
}

/** What the timer of a document decides: it ends the upload of a process that has died. */
export const DOCUMENT_RULES: StreamRules<DocumentSnapshot, null> = {
  kind: 'document',
  stateOf: ({ document }) => document.state,
  knows: ({ document }) => DOCUMENT_STATES.includes(document.state),
  open: () => null, // only a request opens one
  decide: (draft) => {
    const { state } = draft.document
    const outcome: Outcome = state === 'sending' ? { kind: 'moved', to: state } : { kind: 'ignored', because: `already-${state}` }
    return { kind: 'decided', draft, outcome }
  },
  nextEffect: openUpload,
  mustBeKnown: new Set(),
  afterReceipt: (draft, _effect, receipt) => afterReceipt(draft, receipt),
  hold: (draft, reason) => moveTo(draft, { ...draft.document, state: 'failed', reason }),
  contradiction: 'another-file',
  heldReason: () => null,
}

function moveTo(draft: Draft<DocumentSnapshot>, document: Document): Draft<DocumentSnapshot> {
  const from = draft.document.state
  const { state: to, reason, fileId } = document
  const entry: Entry = { kind: 'document.moved', data: { from, to, reason, fileId } }
  return { ...draft, document, entries: from === to ? draft.entries : [...draft.entries, entry] }
}

/** Only uploads of documents write receipts of this kind. */
export function isUploaded(receipt: Receipt): receipt is UploadedReceipt {
  return receipt.kind === 'document-uploaded'
}
