import { eraseAgain } from '../operate/privacy/erase-again.ts'
import type { Logger } from '../platform/logger.ts'
import type { Stages } from './open-stages.ts'

/** before a role serves: applies again what was erased after the backup that this database was restored from. */
export async function eraseAgainHere(stages: Stages, logger: Logger): Promise<void> {
  const { pool, vault, vaultKeys, ledger, requests, encryptionKey, now } = stages
  await eraseAgain({ pool, vault, keys: vaultKeys.keys, onboardings: ledger, requests, encryptionKey, now }, logger)
}
