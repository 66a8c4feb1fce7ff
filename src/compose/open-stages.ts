import type { Pool } from 'pg'
import type { Registry } from 'prom-client'
import type { AccountSnapshot } from '../domain/account/account.ts'
import type { ClosingSnapshot } from '../domain/account/account-closing.ts'
import type { AccountMemberChangeSnapshot } from '../domain/account/account-member-change.ts'
import type { ChangeSnapshot } from '../domain/identity-change/identity-change.ts'
import type { IdentityRequestSnapshot } from '../domain/identity-request/identity-request.ts'
import { createInbox, type Inbox } from '../inbox/inbox.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../ledger/onboarding-table.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import { type ConfirmationReader, createConfirmationReader } from '../paxos/confirmation-reader.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { Logger } from '../platform/logger.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { backlogOf } from '../saga/backlog-of.ts'
import type { Routes } from '../saga/prepare-event.ts'
import type { Vault } from '../vault/vault.ts'
import { openTrading, type Trading } from './open-trading.ts'
import { type OpenVault, vaultInDatabase } from './open-vault.ts'
import { closeInTurn } from './running-role.ts'
import { wireRoutes } from './wire-routes.ts'
import { NOT_WRAPPED, type Wrap } from './wrap-part.ts'

/** Parts that a role supplies from its own settings. The stages own and close them. */
export interface StageParts {
  pool: Pool
  queue: EventQueue
  paxos: PaxosClient
  notices: NoticeChannel
}

export interface StageSettings {
  /** Address of the database of `pool`: the inbox commits on connections of its own. */
  databaseUrl: string
  unknownIdentities: 'adopt' | 'hold'
  /** 32 bytes: the root key, for hashes. */
  encryptionKey: Buffer
  /** By default sealed under `encryptionKey`, with the keys in the database itself. */
  opened?: Pick<OpenVault, 'vault' | 'keys' | 'keyring'> | undefined
  /** Whether transfers are read. Otherwise their events are kept. */
  readTransfers?: boolean
  /** How long a deposit or a wire with a lost answer may still appear at Paxos, milliseconds; 10,000 and 120,000 by default. */
  absenceTrustedAfterMs?: number | undefined
  /** Confirms many events of the backlog with one call to Paxos: for the role that works on the backlog. */
  readBacklog: boolean
  logger: Logger
  metrics: Registry
  /** Wraps a stage. Crash tests stop there. */
  wrap?: Wrap | undefined
}

/** All stages between the inbox and the notification, alike in each role that works on events. */
export interface Stages extends StageParts, Required<Routes> {
  inbox: Inbox
  ledger: Ledger
  reader: ConfirmationReader
  trading: Trading
  requests: Ledger<IdentityRequestSnapshot>
  accountLedger: Ledger<AccountSnapshot>
  accountMemberLedger: Ledger<AccountMemberChangeSnapshot>
  closingLedger: Ledger<ClosingSnapshot>
  changes: Ledger<ChangeSnapshot>
  vault: Vault
  vaultKeys: Pick<OpenVault, 'keys' | 'keyring'>
  encryptionKey: Buffer
  now: () => number
  /** Finishes work in progress and closes all parts, also those of the role. */
  close(): Promise<void>
}

/** Wires the stages: once for the worker, the operator's role, the commands, and the tests. */
export function openStages({ pool, queue, paxos, notices }: StageParts, settings: StageSettings): Stages {
  const { databaseUrl, unknownIdentities, encryptionKey, readBacklog, readTransfers = true, logger, metrics } = settings
  const { vault, ...vaultKeys } = settings.opened ?? vaultInDatabase(pool, encryptionKey)
  const { absenceTrustedAfterMs, wrap = NOT_WRAPPED } = settings
  // Events and commands go onto the queue at once, so that they need not wait for the dispatcher.
  const onAccepted = queue.add
  const inbox = wrap('inbox', createInbox({ pool, connectionString: databaseUrl, logger, metrics, onAccepted }))
  const ledger = wrap('ledger', createLedger({ pool, table: ONBOARDING_TABLE }))
  const backlog = readBacklog ? backlogOf({ inbox, ledger, queue, logger }) : null
  const reader = wrap('reader', createConfirmationReader(paxos, backlog))
  const trading = openTrading({ pool, paxos, notices, readTransfers, absenceTrustedAfterMs, wrap })
  const wires = wireRoutes({ pool, inbox, ledger, paxos, notices, unknownIdentities, vault, now: Date.now, trading, wrap })
  const close = (): Promise<void> =>
    closeInTurn([
      () => queue.close(),
      () => reader.close(),
      () => notices.close(),
      () => paxos.close(),
      () => wires.close(),
      () => ledger.close(),
      () => trading.close(),
      () => inbox.close(),
      () => pool.end(),
    ])
  return { pool, queue, paxos, notices, inbox, ledger, reader, trading, ...wires, vault, vaultKeys, encryptionKey, now: Date.now, close }
}
