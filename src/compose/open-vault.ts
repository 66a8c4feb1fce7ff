import type { Pool } from 'pg'
import type { Config } from '../config/load-config.ts'
import { errorMessage, ServiceUnavailableError } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { createPool } from '../platform/postgres/postgres.ts'
import { directoryKeyStore } from '../vault/directory-key-store.ts'
import type { KeyStore } from '../vault/key-store.ts'
import { createKeyring, type Keyring } from '../vault/keyring.ts'
import { copyErasures, moveKeys } from '../vault/move-keys.ts'
import { createKeyTables, postgresKeyStore } from '../vault/postgres-key-store.ts'
import { openRootKey } from '../vault/root-key.ts'
import { createVault, type Vault } from '../vault/vault.ts'
import { STATEMENT_TIMEOUT_MS } from './running-role.ts'

/** The vault with its keys in their configured place. */
export interface OpenVault {
  vault: Vault
  keys: KeyStore
  keyring: Keyring
  /** 32 bytes: keys hashes and certificates. It outlives a rotation of ENCRYPTION_KEY. */
  rootKey: Buffer
  close(): Promise<void>
}

export interface VaultSettings {
  config: Pick<Config, 'vaultKeys' | 'acceptedKeys'>
  encryptionKey: Buffer
  /** The database of the data. The caller closes it. */
  pool: Pool
  logger: Logger
  /** Starts with an empty key store after the keys were lost. */
  acceptEmpty?: boolean
}

/**
 * Opens the key store, moves keys there that are still in the database itself, and checks that ENCRYPTION_KEY is the right one.
 * @throws ConfigError, ServiceUnavailableError
 */
export async function openVault({ config, encryptionKey, pool, logger, acceptEmpty = false }: VaultSettings): Promise<OpenVault> {
  const keyring = createKeyring(encryptionKey, config.acceptedKeys)
  const here = keysInDatabase(pool)
  const keys = config.vaultKeys === null ? here : await openElsewhere(config.vaultKeys)
  try {
    if (keys !== here) {
      const moved = await moveKeys(here, keys)
      if (moved > 0) logger.info({ moved, place: keys.place }, 'moved data keys out of the database; older backups of it still hold them')
      await copyErasures(keys, here) // a restored database learns what was erased since
    }
    const encryptionKeys = [encryptionKey, ...config.acceptedKeys]
    const rootKey = await openRootKey({ pool, keys, keyring, encryptionKeys, acceptEmpty })
    return { vault: createVault({ pool, keys, keyring }), keys, keyring, rootKey, close: () => keys.close() }
  } catch (error) {
    await keys.close()
    throw error
  }
}

/** A vault with its keys in the database of the data, for tests and simple installations. */
export function vaultInDatabase(pool: Pool, encryptionKey: Buffer): Pick<OpenVault, 'vault' | 'keys' | 'keyring'> {
  const keys = keysInDatabase(pool)
  const keyring = createKeyring(encryptionKey)
  return { vault: createVault({ pool, keys, keyring }), keys, keyring }
}

/** The default place: the tables of the database itself. */
function keysInDatabase(pool: Pool): KeyStore {
  return postgresKeyStore({ pool, place: 'the same database as the data', apart: false })
}

async function openElsewhere(place: NonNullable<Config['vaultKeys']>): Promise<KeyStore> {
  if ('directory' in place) return directoryKeyStore(place.directory).catch(cannotOpen(`VAULT_KEYS_URL (${place.directory})`))
  const pool = createPool({
    connectionString: place.databaseUrl,
    max: 2,
    applicationName: 'gatehouse-vault-keys',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  })
  const { host, pathname } = new URL(place.databaseUrl)
  try {
    await createKeyTables(pool)
  } catch (error) {
    await pool.end()
    return cannotOpen(`VAULT_KEYS_URL (${host}${pathname})`)(error)
  }
  return postgresKeyStore({ pool, place: `the database ${host}${pathname}`, apart: true, close: () => pool.end() })
}

function cannotOpen(place: string): (error: unknown) => never {
  return (error) => {
    throw new ServiceUnavailableError(`${place} cannot be opened: ${errorMessage(error)}`, { cause: error })
  }
}
