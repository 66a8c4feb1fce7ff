/** A data key as it is stored: encrypted by an ENCRYPTION_KEY. */
export interface WrappedKey {
  /** The id of the sealed payload. */
  readonly id: string
  readonly wrapped: Buffer
  /** Fingerprint of the ENCRYPTION_KEY that wrapped it; null: from before fingerprints were kept. */
  readonly wrappedBy: string | null
}

/** A subject that was erased: an identity, or a request for one. */
export interface ErasedSubject {
  readonly subject: string
  readonly erasedAt: Date
}

/**
 * Where data keys and the list of erasures are kept: the database itself, a separate one, or a directory. Each method rejects when the
 * place does not answer.
 */
export interface KeyStore {
  /** For a person: `the database keys.internal/vault`. */
  readonly place: string
  /** Whether a backup of the data has no part in it. */
  readonly apart: boolean
  /** Stores a new key. An existing one stays. Returns whether it was new. */
  put(key: WrappedKey): Promise<boolean>
  get(id: string): Promise<WrappedKey | null>
  /** Replaces an existing key. Changes nothing when there is none. */
  replace(key: WrappedKey): Promise<void>
  remove(id: string): Promise<void>
  /** Keys in the order of ids, after the id `after`. */
  list(page: { after: string; limit: number }): Promise<WrappedKey[]>
  /** Remembers erased subjects. Safe to repeat; the first time stays. */
  rememberErased(subjects: readonly ErasedSubject[]): Promise<void>
  /** Erased subjects in their order, after `after`. */
  listErased(page: { after: string; limit: number }): Promise<ErasedSubject[]>
  isErased(subject: string): Promise<boolean>
  close(): Promise<void>
}
