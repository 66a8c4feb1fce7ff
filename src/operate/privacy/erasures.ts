import type { Actor } from '../../domain/actor.ts'
import type { ErasureBlock } from '../../domain/erasure.ts'
import { findSubject, profilesOfPerson, runningEffects, streamsOfPerson } from '../../ledger/read-person.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { AppError } from '../../platform/app-error.ts'
import { type Erasure, findErasure, listErasures, requestErasure } from '../../vault/erasures.ts'
import { type LegalHold, liftHold, listHolds, setHold } from '../../vault/legal-holds.ts'
import type { Perform } from '../audited.ts'
import { applyErasure, type ErasureParts } from './apply-erasure.ts'
import { balancesThatBlock, effectsThatBlock, holdsThatBlock, streamsThatBlock } from './find-blocks.ts'

export type { Erasure } from '../../vault/erasures.ts'
export type { LegalHold } from '../../vault/legal-holds.ts'
export { verifyErasure } from './erasure-certificate.ts'

/** Something forbids the erasure now. The request is on record, and its deadline runs. */
export class ErasureBlockedError extends AppError {
  readonly code = 'ERASURE_BLOCKED'
  readonly retry = 'never'
  readonly blocks: readonly ErasureBlock[]
  constructor(subject: string, blocks: readonly ErasureBlock[]) {
    super(`${subject} cannot be erased yet. ${blocks.map(({ detail, remedy }) => `${capital(detail)}. Remedy: ${remedy}`).join(' ')}`)
    this.blocks = blocks
  }
}

export interface ErasureUseCases {
  /**
   * Erases a person's data for good. Safe to repeat: a second call returns the first certificate. Null: unknown id.
   * @throws ErasureBlockedError, PaxosError
   */
  erasePerson(id: string, why: { reason: string }, actor: Actor): Promise<Erasure | null>
  /** Null: none was requested. */
  getErasure(id: string): Promise<Erasure | null>
  /** Last requested first. */
  listErasures(query: { limit: number }): Promise<Erasure[]>
  /** Null: unknown id. */
  setLegalHold(id: string, hold: { name: string; reason: string }, actor: Actor): Promise<LegalHold[] | null>
  /** Returns what still stands. Null: unknown id, or no such hold. */
  liftLegalHold(id: string, hold: { name: string; reason: string }, actor: Actor): Promise<LegalHold[] | null>
  /** Holds that stand, of one person or of all. Null: unknown id. */
  listLegalHolds(id?: string): Promise<LegalHold[] | null>
}

export interface ErasureUseCaseParts extends ErasureParts {
  paxos: Pick<PaxosClient, 'balances'>
  perform: Perform
}

export function erasureUseCases(parts: ErasureUseCaseParts): ErasureUseCases {
  const { pool, perform, now } = parts
  const standing = (subject?: string): Promise<LegalHold[]> => listHolds(pool, { subject: subject ?? null, standing: true })
  return {
    erasePerson: async (id, { reason }, actor) => {
      const subject = await findSubject(pool, id)
      if (subject === null) return null
      const known = await findErasure(pool, subject)
      if (known?.certificate) return known
      const rule = { action: 'person.erase', target: subject, reason, entry: 'before' as const }
      await perform(actor, { ...rule, result: () => ({ data: {} }) }, async () => {
        const asked = await requestErasure(pool, { subject, requestedAt: new Date(now()), requestedBy: actor.name, reason })
        const blocks = await findBlocks(parts, subject)
        if (blocks.length > 0) throw new ErasureBlockedError(subject, blocks)
        await applyErasure(parts, asked, { afterRestore: false })
      })
      return findErasure(pool, subject)
    },
    getErasure: async (id) => findErasure(pool, (await findSubject(pool, id)) ?? id),
    listErasures: ({ limit }) => listErasures(pool, { open: false, limit }),
    setLegalHold: async (id, { name, reason }, actor) => {
      const subject = await findSubject(pool, id)
      if (subject === null) return null
      const rule = { action: 'legal-hold.set', target: subject, reason, data: { name }, entry: 'before' as const }
      await perform(actor, rule, () => setHold(pool, { subject, name, reason, setBy: actor.name, setAt: new Date(now()) }))
      return standing(subject)
    },
    liftLegalHold: async (id, { name, reason }, actor) => {
      const subject = await findSubject(pool, id)
      if (subject === null || !(await standing(subject)).some((hold) => hold.name === name)) return null
      const rule = { action: 'legal-hold.lift', target: subject, reason, data: { name }, entry: 'before' as const }
      const lift = { subject, name, liftedBy: actor.name, liftReason: reason, liftedAt: new Date(now()) }
      await perform(actor, rule, () => liftHold(pool, lift))
      return standing(subject)
    },
    listLegalHolds: async (id) => {
      if (id === undefined) return standing()
      const subject = await findSubject(pool, id)
      return subject === null ? null : standing(subject)
    },
  }
}

/** Asks Paxos for the balances last, and only if nothing here blocks: a hold must not depend on Paxos. */
async function findBlocks({ pool, paxos }: ErasureUseCaseParts, subject: string): Promise<ErasureBlock[]> {
  const streams = await streamsOfPerson(pool, subject)
  const here = [
    ...(await holdsThatBlock(pool, subject)),
    ...streamsThatBlock(streams),
    ...effectsThatBlock(await runningEffects(pool, [subject, ...streams.map(({ id }) => id)])),
  ]
  if (here.length > 0) return here
  const profiles = await profilesOfPerson(pool, subject)
  return (await Promise.all(profiles.map((id) => paxos.balances.list(id)))).flatMap(balancesThatBlock)
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
