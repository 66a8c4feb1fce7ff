import type { Pool } from 'pg'
import {
  CLOSE_ACCOUNT,
  type ClosingBlock,
  type ClosingSnapshot,
  type ClosingState,
  openClosing,
  stopClosing,
} from '../../domain/account/account-closing.ts'
import type { Actor } from '../../domain/actor.ts'
import { draftOf } from '../../domain/stream.ts'
import { ACCOUNT_CLOSING_TABLE } from '../../ledger/account-closing-table.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import { CLOSING_READS, type ClosingRecord, findLastClosing } from '../../ledger/read-closings.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { errorCode, UsageError } from '../../platform/app-error.ts'
import type { Page } from '../../platform/page.ts'
import type { Perform } from '../audited.ts'
import { createAnswerWatch } from '../request/await-answer.ts'
import { type CommandParts, giveCommand } from '../request/give-command.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { requestOnce } from '../request/request-once.ts'
import { sayClosing, sayClosingBlock } from '../say/say-closing.ts'
import { ClosingExistsError, ClosingStateError, ClosingUnknownError } from './account-errors.ts'

/** A closing, with what blocks it in sentences. */
export interface ClosingView extends Omit<ClosingRecord, 'blocks'> {
  /** What blocks it and who must act; null: nothing blocks it. */
  readonly blockedBy: string | null
  readonly blocks: readonly (ClosingBlock & { readonly sentence: string })[]
}

interface AskedClosing {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly reason: string
}

export interface ClosingUseCases {
  /**
   * Begins to close an account: cancels, sells, waits for what a person must withdraw, disables. Waits up to 5 s for the first result. Safe to
   * repeat with the same key. @throws AccountUnknownError, ClosingExistsError, IdempotencyKeyReusedError, FeatureOffError
   */
  closeAccount(asked: AskedClosing, actor: Actor): Promise<{ closing: ClosingView; created: boolean }>
  /** Stops a closing while nothing irreversible is under way. @throws AccountUnknownError, ClosingUnknownError, ClosingStateError */
  stopClosing(asked: { accountId: string; reason: string }, actor: Actor): Promise<ClosingView>
  /** Newest first. @throws UsageError for a foreign cursor */
  listClosings(query: { state?: ClosingState | undefined; cursor?: string | undefined; limit: number }): Promise<Page<ClosingView>>
  /** The newest closing of an account. @throws AccountUnknownError, ClosingUnknownError */
  getClosing(accountId: string): Promise<ClosingView>
}

export interface ClosingParts extends CommandParts {
  pool: Pool
  paxos: Pick<PaxosClient, 'requireFeature'>
  perform: Perform
  closings: Ledger<ClosingSnapshot>
  account: (accountId: string) => Promise<AccountRecord>
  /** Milliseconds since 1970. */
  now: () => number
}

const UNIQUE_VIOLATION = '23505'
/** Tries to stop a closing that a worker moves at the same time. */
const MOST_TRIES = 5

/** Closing an account, and stopping that. Each is audited with its reason before it runs. */
export function closingUseCases(parts: ClosingParts): ClosingUseCases {
  const { pool, perform, now } = parts
  const answered = createAnswerWatch({
    pendingAmong: (ids) => pendingAmong(pool, ACCOUNT_CLOSING_TABLE, { ids, states: ['cancelling', 'selling', 'finishing'] }),
    now,
  })
  const last = async (accountId: string): Promise<ClosingRecord> => {
    const account = await parts.account(accountId)
    const found = await findLastClosing(pool, account.accountId)
    if (!found) throw new ClosingUnknownError(accountId)
    return found
  }
  return {
    closeAccount: async (asked, actor) => {
      requirePerson(actor)
      const { accountId } = await parts.account(asked.accountId)
      const rule = { action: 'account.close', target: accountId, reason: asked.reason, entry: 'before' as const }
      const { found, created } = await perform(actor, rule, () => close({ ...parts, answered }, { ...asked, accountId }, actor))
      return { closing: view(found), created }
    },
    stopClosing: async ({ accountId, reason }, actor) => {
      requirePerson(actor)
      const { closingId, accountId: target } = await last(accountId)
      const rule = { action: 'account.stop-closing', target, reason, data: { closingId }, entry: 'before' as const }
      await perform(actor, rule, () => stop(parts, closingId, actor))
      return view(await last(accountId))
    },
    listClosings: async ({ state, ...query }) => {
      const page = await CLOSING_READS.list(pool, { ...query, where: { state } })
      return { ...page, items: page.items.map(view) }
    },
    getClosing: async (accountId) => view(await last(accountId)),
  }
}

function requirePerson(actor: Actor): void {
  if (actor.kind !== 'operator') throw new UsageError('a person must decide: name yourself in X-Operator')
}

/** An account has at most one closing that was not stopped: the database holds that too. */
async function close(
  parts: ClosingParts & { answered: (id: string) => Promise<void> },
  asked: AskedClosing,
  actor: Actor,
): Promise<{ found: ClosingRecord; created: boolean }> {
  const { pool } = parts
  const { accountId, idempotencyKey, reason } = asked
  const closingId = idOfKey('closing', idempotencyKey)
  const existing = async (): Promise<ClosingRecord | null> => {
    const known = await findLastClosing(pool, accountId)
    return known?.state === 'stopped' ? null : known
  }
  const request = {
    ...{ id: closingId, idempotencyKey, actor },
    differing: (known: ClosingRecord) => (known.accountId === accountId ? [] : ['accountId']),
    admit: async () => {
      const other = await existing()
      // One with our id is of a request with the same key that was faster: the commit finds it.
      if (other && other.closingId !== closingId) throw new ClosingExistsError(other)
      for (const feature of ['orders', 'balances'] as const) parts.paxos.requireFeature(feature)
      return parts.account(accountId)
    },
    open: ({ identityId, profileId }: AccountRecord, at: Date) => {
      const draft = openClosing({ closingId, accountId, identityId, profileId }, at.getTime())
      return { draft, identityId, kind: CLOSE_ACCOUNT, input: { accountId, reason } }
    },
  }
  try {
    const once = await requestOnce({ ...parts, ledger: parts.closings, find: (id) => CLOSING_READS.find(pool, id) }, request)
    // The closing holds no reason: the known command tells whether this one differs.
    const command = { kind: CLOSE_ACCOUNT, streamId: closingId, identityId: once.found.identityId }
    if (!once.created) await giveCommand(parts, command, { ...{ accountId, reason }, idempotencyKey, actor })
    return once
  } catch (error) {
    // Another request was faster.
    const other = errorCode(error) === UNIQUE_VIOLATION ? await existing() : null
    if (other?.closingId === closingId) return close(parts, asked, actor)
    throw other ? new ClosingExistsError(other) : error
  }
}

/** Commits the stop on the version that was read: a worker that moves the closing at the same time makes this look again. */
async function stop({ closings, now }: ClosingParts, closingId: string, actor: Actor): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await closings.load(closingId)
    if (!stored) throw new ClosingUnknownError(closingId)
    if (stored.closing.state === 'stopped') return
    const draft = stopClosing(draftOf<ClosingSnapshot>(stored))
    if (!draft) throw new ClosingStateError(stored.closing)
    if (await closings.commit({ before: stored, draft, actor: `${actor.kind}:${actor.name}`, at: new Date(now()) })) return
  }
  throw new ClosingStateError({ closingId, state: 'selling' })
}

function view(closing: ClosingRecord): ClosingView {
  const blocks = closing.blocks.map((block) => ({ ...block, sentence: sayClosingBlock(block) }))
  return { ...closing, blocks, blockedBy: sayClosing(closing) }
}
