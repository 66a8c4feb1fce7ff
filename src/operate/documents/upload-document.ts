import type { Actor } from '../../domain/actor.ts'
import {
  type Document,
  type DocumentSnapshot,
  endUpload,
  isUploaded,
  nameAtPaxos,
  namesAtPaxos,
  openDocument,
  openUpload,
  type SentFile,
  sendAgain,
  UPLOAD_DOCUMENT,
} from '../../domain/document/document.ts'
import type { DocumentType } from '../../domain/document/document-types.ts'
import { type Effect, effectAt, type Receipt } from '../../domain/effect.ts'
import { draftOf } from '../../domain/stream.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Inbox } from '../../inbox/inbox.ts'
import type { Stored } from '../../ledger/change.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { StorageAnswerLostError, UPLOAD_MS } from '../../paxos/document-storage.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { errorCode } from '../../platform/app-error.ts'
import { keyedHash } from '../../platform/keyed-hash.ts'
import { SETTLE_DOCUMENT } from '../../saga/document-route.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { DocumentBrokeOffError, DocumentInProgressError, DocumentTooLargeError, OnboardingUnknownError } from './document-errors.ts'
import { CONTENT_TYPES } from './file-type.ts'
import { type IncomingFile, type OpenedFile, openFile } from './open-file.ts'

export interface UploadRequest {
  readonly identityId: string
  readonly idempotencyKey: string
  readonly documentTypes: readonly DocumentType[]
  readonly file: IncomingFile
}

export interface UploadParts {
  documents: Ledger<DocumentSnapshot>
  onboardings: Ledger
  paxos: Pick<PaxosClient, 'documents'>
  inbox: Pick<Inbox, 'setTimer'>
  /** 32 bytes: the key for the hash of a file. */
  encryptionKey: Buffer
  /** Milliseconds since 1970. */
  now: () => number
}

/** Longer than the announcement and the longest upload together, so that a live one keeps its lease. */
export const UPLOAD_LEASE_MS = UPLOAD_MS + 60_000
/** The holder of the lease is a request of the API and no event of the inbox; those are numbered from 1. */
const BY_REQUEST = { seq: '0', generation: 0 }

type Claimed = { kind: 'send'; stored: Stored<DocumentSnapshot>; effect: Effect } | { kind: 'known'; document: Document }

/**
 * Sends a document to Paxos. The intent with its attempt is committed before the first byte goes out, and the file is kept nowhere, so a process that dies leaves
 * an upload that the worker ends: with the file that Paxos has, or as `interrupted`. Safe to repeat with the same key and file.
 * @throws the errors of document-errors.ts and of paxos/document-storage.ts, IdempotencyKeyReusedError, PaxosError
 */
export async function uploadDocument(
  parts: UploadParts,
  asked: UploadRequest,
  actor: Actor,
): Promise<{ document: Document; created: boolean }> {
  if (!(await parts.onboardings.load(asked.identityId))) throw new OnboardingUnknownError(asked.identityId)
  const file = await openFile(asked.file, keyedHash(parts.encryptionKey, 'document', 'content'))
  const by = `${actor.kind}:${actor.name}`
  const claimed = await claim(parts, asked, { file, by })
  if (claimed.kind === 'known') {
    await refuseOtherFile(claimed.document, file)
    return { document: claimed.document, created: false }
  }
  const { stored, effect } = claimed
  try {
    const receipt = await send(parts, stored.document, effect, file)
    return { document: await record(parts, stored, { effect, receipt, by, sent: file.sent() }), created: true }
  } catch (error) {
    const failed = file.body.errored ?? error
    const receipt = { kind: 'document-not-uploaded', reason: reasonOf(failed) }
    await record(parts, stored, { effect, receipt, by })
    throw failed
  }
}

/** Commits the intent and the attempt; or finds that the document is uploaded, or under way. */
async function claim(parts: UploadParts, asked: UploadRequest, { file, by }: { file: OpenedFile; by: string }): Promise<Claimed> {
  const documentId = idOfKey('document', asked.idempotencyKey)
  const documentTypes = [...new Set(asked.documentTypes)].sort()
  for (;;) {
    const now = parts.now()
    const lease = { ...BY_REQUEST, until: now + UPLOAD_LEASE_MS }
    const known = await parts.documents.load(documentId)
    if (known) {
      refuseOther(known.document, { identityId: asked.identityId, documentTypes })
      if (known.document.state === 'uploaded') return { kind: 'known', document: known.document }
      const under = openUpload(known)?.lease
      if (under && under.until > now) throw new DocumentInProgressError(under.until, now)
      const arrived = await findArrived(parts, known, by)
      if (arrived) return { kind: 'known', document: arrived }
      if (known.document.state === 'sending') continue // it was ended now
      // Set before the commit, so that an upload of a process that dies right after it ends too.
      await parts.inbox.setTimer({
        streamId: documentId,
        name: SETTLE_DOCUMENT,
        dueAt: new Date(lease.until),
        identityId: asked.identityId,
      })
    }
    const asNew = { documentId, identityId: asked.identityId, documentTypes, fileType: file.type, requestedAt: now }
    const draft = known ? sendAgain(known, file.type, lease) : openDocument(asNew, lease)
    const stored = await parts.documents.commit({ before: known, draft, actor: by, at: new Date(now) })
    const effect = stored && openUpload(stored)
    if (stored && effect) return { kind: 'send', stored, effect }
  }
}

/**
 * Before a file is sent again: an earlier upload may have arrived after all. An upload that has not ended and whose time is up is ended here. Null:
 * Paxos has no file of this document.
 */
async function findArrived({ paxos, ...parts }: UploadParts, known: Stored<DocumentSnapshot>, by: string): Promise<Document | null> {
  const { documents } = await paxos.documents.list(known.document.identityId)
  const found = documents.find(({ name }) => name.includes(namesAtPaxos(known.document)))
  const effect = openUpload(known) ?? known.effects.findLast(({ kind }) => kind === UPLOAD_DOCUMENT)
  if (!effect) return null
  if (!found && known.document.state !== 'sending') return null
  const receipt: Receipt = found
    ? { kind: 'document-uploaded', fileId: found.fileId, how: 'found' }
    : { kind: 'document-not-uploaded', reason: 'interrupted' }
  const document = await record(parts, known, { effect, receipt, by })
  return document.state === 'uploaded' ? document : null
}

/** Announces the file and streams it. After an answer that was lost Paxos's list tells. */
async function send({ paxos }: UploadParts, document: Document, effect: Effect, file: OpenedFile): Promise<Receipt> {
  const { identityId, documentTypes } = document
  const name = nameAtPaxos(document, effect)
  const { fileId, uploadUrl } = await paxos.documents.announce(identityId, { name, documentTypes })
  try {
    await paxos.documents.upload(uploadUrl, { body: file.body, length: file.length, contentType: CONTENT_TYPES[file.type] })
  } catch (error) {
    if (!(error instanceof StorageAnswerLostError)) throw error
    const { documents } = await paxos.documents.list(identityId)
    if (!documents.some((each) => each.fileId === fileId)) throw error
  }
  return { kind: 'document-uploaded', fileId, how: 'sent' }
}

/** Commits the end of the upload on the document's present state. */
async function record(
  { documents, now }: Pick<UploadParts, 'documents' | 'now'>,
  claimed: Stored<DocumentSnapshot>,
  { effect, receipt, by, sent }: { effect: Effect; receipt: Receipt; by: string; sent?: SentFile },
): Promise<Document> {
  let stored: Stored<DocumentSnapshot> | null = claimed
  for (;;) {
    if (!stored) throw new Error(`${claimed.document.documentId} was committed and cannot be read`)
    const known = effectAt(stored, effect.step)
    if (known.state === 'done' && stored.document.state === 'uploaded') return stored.document
    const ended = endUpload(draftOf<DocumentSnapshot>(stored), effect.step, receipt, isUploaded(receipt) ? sent : undefined)
    const committed = await documents.commit({ before: stored, draft: ended, actor: by, at: new Date(now()) })
    if (committed) return committed.document
    stored = await documents.load(claimed.document.documentId)
  }
}

/** The same key with any field changed is an error that names the field (A7). */
function refuseOther(known: Document, asked: Pick<Document, 'identityId' | 'documentTypes'>): void {
  const fields = [
    ...(known.identityId === asked.identityId ? [] : ['id']),
    ...(known.documentTypes.join() === asked.documentTypes.join() ? [] : ['documentTypes']),
  ]
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}

/** Reads a repeated file to its end, to tell it from another one. Of a file that was found at Paxos no hash is known. */
async function refuseOtherFile({ contentHash }: Document, { body, sent }: OpenedFile): Promise<void> {
  for await (const _ of body);
  if (contentHash !== null && sent().contentHash !== contentHash) throw new IdempotencyKeyReusedError(['file'])
}

/** The code of the failure, as the document keeps it. */
function reasonOf(error: unknown): string {
  if (error instanceof DocumentBrokeOffError) return 'upload-broke-off'
  if (error instanceof DocumentTooLargeError) return 'too-large'
  return errorCode(error).toLowerCase().replaceAll('_', '-').slice(0, 80)
}
