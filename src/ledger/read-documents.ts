import type { Pool } from 'pg'
import type { Document } from '../domain/document/document.ts'
import { DOCUMENT_TABLE } from './document-table.ts'

/** A document as operators and applications read it. */
export interface DocumentRecord extends Document {
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** More than one identity is ever asked for. */
const MOST_LISTED = 500
const COLUMNS = DOCUMENT_TABLE.columns.map(({ name, loaded }) => `${loaded(`d.${name}`)} AS ${name}`).join(', ')

interface Row extends Readonly<Record<string, unknown>> {
  created_at: Date
  updated_at: Date
}

/** The newest 500 documents of an identity, newest first. */
export async function listDocuments(pool: Pool, identityId: string): Promise<DocumentRecord[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS}, d.created_at, d.updated_at FROM document d WHERE d.identity_id = $1
     ORDER BY d.created_at DESC, d.document_id DESC LIMIT $2`,
    [identityId, MOST_LISTED],
  )
  return rows.map((row) => {
    const { document } = DOCUMENT_TABLE.snapshot(row, [])
    return { ...document, createdAt: row.created_at, updatedAt: row.updated_at }
  })
}

/** Uploads that have not ended and have not changed since then: the process that sent them has died. */
export async function listStuckDocuments(pool: Pool, before: Date): Promise<string[]> {
  const { rows } = await pool.query<{ document_id: string }>(
    `SELECT document_id FROM document WHERE state = 'sending' AND updated_at < $1 ORDER BY updated_at LIMIT 1000`,
    [before],
  )
  return rows.map(({ document_id }) => document_id)
}
