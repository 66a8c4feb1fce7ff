import { appendAudit } from '../audit/audit.ts'
import type { Actor } from '../domain/actor.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import type { Foundation } from './open-foundation.ts'
import { openVault } from './open-vault.ts'
import { STATEMENT_TIMEOUT_MS } from './running-role.ts'

/** Accepts an empty key store after the keys were lost, audited. Returns its place. @throws ConfigError when ENCRYPTION_KEY is not the first one */
export async function startEmptyVault(
  { config, databaseUrl, secrets, logger }: Foundation,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<string> {
  const pool = createPool({
    ...{ connectionString: databaseUrl, max: 2, applicationName: 'gatehouse-vault', statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  })
  try {
    await appendAudit(pool, { actor, action: 'vault.start-empty', target: 'vault', reason, data: {} })
    const { keys, close } = await openVault({ config, encryptionKey: secrets.encryptionKey, pool, logger, acceptEmpty: true })
    await close()
    return keys.place
  } finally {
    await pool.end()
  }
}
