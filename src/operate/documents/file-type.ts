import type { FileType } from '../../domain/document/document-types.ts'

interface Signature {
  readonly name: string
  readonly bytes: readonly number[]
}

const ACCEPTED: readonly (Signature & { readonly type: FileType })[] = [
  { type: 'pdf', name: 'a PDF', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] }, // %PDF-
  { type: 'jpg', name: 'a JPEG', bytes: [0xff, 0xd8, 0xff] },
  { type: 'png', name: 'a PNG', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
]

/** What people send by mistake, so that the refusal can say what it is. */
const OTHERS: readonly Signature[] = [
  { name: 'a Windows program', bytes: [0x4d, 0x5a] },
  { name: 'a Linux program', bytes: [0x7f, 0x45, 0x4c, 0x46] },
  { name: 'a ZIP archive or an Office document', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'a GIF', bytes: [0x47, 0x49, 0x46, 0x38] },
  { name: 'an HTML or XML text', bytes: [0x3c] },
]

export const CONTENT_TYPES: Readonly<Record<FileType, string>> = { pdf: 'application/pdf', jpg: 'image/jpeg', png: 'image/png' }

/**
 * The format of a file by its first bytes, without regard to its name. Without a known format: what the bytes look like; null when that is
 * unknown too.
 */
export function fileTypeOf(head: Buffer): { type: FileType } | { looksLike: string | null } {
  const startsWith = ({ bytes }: Signature): boolean => bytes.every((byte, at) => head[at] === byte)
  const accepted = ACCEPTED.find(startsWith)
  return accepted ? { type: accepted.type } : { looksLike: OTHERS.find(startsWith)?.name ?? null }
}
