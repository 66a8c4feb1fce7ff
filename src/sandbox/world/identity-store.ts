import { alreadyExists } from '../api/paxos-problem.ts'
import type { Identity } from './identity.ts'

/** What makes a person or an institution unique at Paxos (paxos/api.md 4.6). */
export interface CipTriple {
  cip_id: string
  cip_id_type: string
  cip_id_country: string
}

/** All identities, in the order of their creation, with the two uniqueness rules of Create Identity. */
export class IdentityStore {
  #all: Identity[] = []
  #byId = new Map<string, Identity>()
  #idByRefId = new Map<string, string>()
  #idByCip = new Map<string, string>()
  #idByFileId = new Map<string, string>()

  /** In the order of their creation. */
  get all(): readonly Identity[] {
    return this.#all
  }

  get(id: string): Identity | undefined {
    return this.#byId.get(id)
  }

  byRefId(refId: string): Identity | undefined {
    const id = this.#idByRefId.get(refId)
    return id === undefined ? undefined : this.#byId.get(id)
  }

  /**
   * Call before `add`. It checks the `ref_id` first: Paxos does not document the order of its checks.
   * @throws the 409 pair of paxos/api.md 4.6, with the existing identity's id in `meta.existing.id`
   */
  refuseDuplicate(refId: string | null, cip: CipTriple): void {
    const sameRefId = refId === null ? undefined : this.#idByRefId.get(refId)
    if (sameRefId !== undefined) throw alreadyExists('duplicate ref_id provided', { id: sameRefId })
    const sameCip = this.#idByCip.get(cipKey(cip))
    if (sameCip !== undefined) throw alreadyExists('duplicate (cip_id, cip_id_type, cip_id_country) provided', { id: sameCip })
  }

  add(identity: Identity, cip: CipTriple): void {
    this.#all.push(identity)
    this.#byId.set(identity.id, identity)
    if (identity.refId !== null) this.#idByRefId.set(identity.refId, identity.id)
    this.#idByCip.set(cipKey(cip), identity.id)
  }

  /** Takes an identity of an earlier run. Its details hold what makes it unique. */
  restore(identity: Identity): void {
    this.add(identity, cipOf(identity.details))
    for (const { fileId } of identity.documents) this.addFile(fileId, identity)
  }

  rename(identity: Identity, refId: string): void {
    if (identity.refId !== null) this.#idByRefId.delete(identity.refId)
    identity.refId = refId
    this.#idByRefId.set(refId, identity.id)
  }

  /** Call before the details change. @throws the 409 of a person whom another identity has already (assumed: as on create) */
  changePerson(identity: Identity, details: Identity['details']): void {
    const [known, wanted] = [cipKey(cipOf(identity.details)), cipKey(cipOf(details))]
    if (known === wanted) return
    const other = this.#idByCip.get(wanted)
    if (other !== undefined) throw alreadyExists('duplicate (cip_id, cip_id_type, cip_id_country) provided', { id: other })
    this.#idByCip.delete(known)
    this.#idByCip.set(wanted, identity.id)
  }

  /** Call when a document of this identity is announced: its upload URL names only the file. */
  addFile(fileId: string, identity: Identity): void {
    this.#idByFileId.set(fileId, identity.id)
  }

  byFileId(fileId: string): Identity | undefined {
    return this.#byId.get(this.#idByFileId.get(fileId) ?? '')
  }

  clear(): void {
    this.#all = []
    this.#byId.clear()
    this.#idByRefId.clear()
    this.#idByCip.clear()
    this.#idByFileId.clear()
  }
}

function cipOf({ cip_id, cip_id_type, cip_id_country }: Identity['details']): CipTriple {
  return { cip_id: String(cip_id), cip_id_type: String(cip_id_type), cip_id_country: String(cip_id_country) }
}

function cipKey({ cip_id, cip_id_type, cip_id_country }: CipTriple): string {
  return `${cip_id_country} ${cip_id_type} ${cip_id}`
}
