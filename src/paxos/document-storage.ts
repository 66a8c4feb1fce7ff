import type { Readable } from 'node:stream'
import { Agent } from 'undici'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { AppError, errorCode } from '../platform/app-error.ts'
import { guardedConnect } from '../platform/guarded-connect.ts'
import { AddressNotAllowedError } from '../platform/guarded-lookup.ts'

/** The address that Paxos gave for the bytes is one that Gatehouse must not use. Nothing was sent. */
export class UploadAddressError extends AppError {
  readonly code = 'DOCUMENT_ADDRESS_REFUSED'
  readonly retry = 'never'
  constructor() {
    super(
      'Paxos gave an upload address that is not https. Nothing was sent. Ask Paxos, and send the file again with the same Idempotency-Key.',
    )
  }
}

/** 401, 403 or 410: pre-signed addresses are valid for minutes. */
export class UploadAddressExpiredError extends AppError {
  readonly code = 'DOCUMENT_ADDRESS_EXPIRED'
  readonly retry = 'backoff'
  constructor(status: number) {
    super(
      `The upload address that Paxos gave is not valid, or no longer (HTTP ${status}). Gatehouse asks for a new one when you repeat the request.`,
    )
  }
}

/** Another 4xx: the storage does not take this file. */
export class StorageRefusedError extends AppError {
  readonly code = 'DOCUMENT_STORAGE_REFUSED'
  readonly retry = 'never'
  constructor(status: number) {
    super(`Paxos's document storage refused the file (HTTP ${status}). Check the file, then send it again with the same Idempotency-Key.`)
  }
}

/** 5xx, 408, 429, or no connection: nothing was kept. */
export class StorageUnavailableError extends AppError {
  readonly code = 'DOCUMENT_STORAGE_UNAVAILABLE'
  readonly retry = 'backoff'
  constructor(what: number | string, options?: { cause: unknown }) {
    super(`Paxos's document storage is unavailable (${typeof what === 'number' ? `HTTP ${what}` : what}).`, options)
  }
}

/** Bytes went out and no answer came: Paxos's list tells whether the storage has the file. */
export class StorageAnswerLostError extends AppError {
  readonly code = 'DOCUMENT_OUTCOME_UNKNOWN'
  readonly retry = 'backoff'
  constructor(options: { cause: unknown }) {
    super("The answer of Paxos's document storage was lost, and Paxos does not list the file yet.", options)
  }
}

export interface UploadedFile {
  /** Read once, as fast as the storage takes it. */
  body: Readable
  /** Bytes; null: not known, and the file is sent in chunks. */
  length: number | null
  contentType: string
}

/** Sends the bytes to the address. Resolves when the storage has taken them. */
export type UploadFile = (url: string, file: UploadedFile) => Promise<void>

export interface DocumentStorage {
  upload: UploadFile
  close(): Promise<void>
}

/** For one file as a whole, milliseconds: 100 MB at 3 Mbit/s. */
export const UPLOAD_MS = 300_000
const CONNECT_MS = 10_000
const EXPIRED = new Set([401, 403, 410])
/** The codes of undici and Node for a connection that was never made. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/**
 * Where the bytes of documents go: addresses that Paxos gives, at hosts of others. So no token goes with them, the guard on outgoing addresses
 * holds, and only an API without TLS (the simulator) may give an address without TLS. Redirects are not followed.
 */
export function createDocumentStorage({ apiUrl, outgoing }: { apiUrl: string; outgoing: AddressPolicy }): DocumentStorage {
  const agent = new Agent({
    connect: guardedConnect({ policy: outgoing, timeoutMs: CONNECT_MS }),
    headersTimeout: UPLOAD_MS,
    bodyTimeout: CONNECT_MS,
  })
  const plainAllowed = new URL(apiUrl).protocol === 'http:'
  return {
    upload: async (url, { body, length, contentType }) => {
      const target = targetOf(url, plainAllowed)
      const headers = { 'content-type': contentType, ...(length === null ? {} : { 'content-length': String(length) }) }
      let status: number
      try {
        const signal = AbortSignal.timeout(UPLOAD_MS)
        const answer = await agent.request({
          origin: target.origin,
          path: target.pathname + target.search,
          method: 'PUT',
          headers,
          body,
          signal,
        })
        status = answer.statusCode
        await answer.body.dump({ limit: 16_384 }).catch(() => undefined)
      } catch (error) {
        throw failureOf(error, body)
      }
      if (status >= 200 && status <= 299) return
      if (EXPIRED.has(status)) throw new UploadAddressExpiredError(status)
      if (status >= 500 || status === 429 || status === 408) throw new StorageUnavailableError(status)
      throw new StorageRefusedError(status)
    },
    close: () => agent.close(),
  }
}

function targetOf(url: string, plainAllowed: boolean): URL {
  const target = URL.parse(url)
  const allowed = target?.protocol === 'https:' || (plainAllowed && target?.protocol === 'http:')
  if (!target || !allowed || target.username !== '') throw new UploadAddressError()
  return target
}

/** The source's own failure is thrown as it is: the caller knows what it means. */
function failureOf(error: unknown, body: Readable): unknown {
  if (error instanceof AddressNotAllowedError) return error
  if (body.errored) return body.errored
  const code = errorCode(error) ?? 'no answer'
  return NEVER_SENT.has(code) ? new StorageUnavailableError(code, { cause: error }) : new StorageAnswerLostError({ cause: error })
}
