import { findSubject } from '../../ledger/read-person.ts'
import type { Logger } from '../../platform/logger.ts'
import { findErasure, requestErasure } from '../../vault/erasures.ts'
import { applyErasure, type ErasureParts } from './apply-erasure.ts'

const PAGE = 500

/**
 * Applies to a restored database the erasures that the list beside the keys remembers and that it does not know. Each gets a second
 * certificate. Returns their number.
 */
export async function eraseAgain(parts: ErasureParts, logger: Logger): Promise<number> {
  const { pool, keys, now } = parts
  let applied = 0
  for (let after = ''; ; ) {
    const page = await keys.listErased({ after, limit: PAGE })
    for (const { subject: erased, erasedAt } of page) {
      const subject = await findSubject(pool, erased) // the list also names the requests of each identity
      if (subject === null || (await findErasure(pool, subject))?.doneAt) continue
      const request = { subject, requestedAt: erasedAt, requestedBy: 'gatehouse', reason: 'applied again after a restore' }
      await applyErasure({ ...parts, now }, await requestErasure(pool, request), { afterRestore: true })
      applied += 1
    }
    const last = page.at(-1)
    if (!last || page.length < PAGE) break
    after = last.subject
  }
  if (applied > 0) logger.warn({ applied }, 'applied erasures again: this database was restored from a backup from before them')
  return applied
}
