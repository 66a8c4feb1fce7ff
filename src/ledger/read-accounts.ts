import type { Pool } from 'pg'
import { type Account, type AccountMember, ownersOf } from '../domain/account/account.ts'
import type { ClosingState } from '../domain/account/account-closing.ts'
import { type AccountMemberChange, membersAfter } from '../domain/account/account-member-change.ts'
import type { OnboardingState } from '../domain/onboarding/onboarding.ts'
import { ACCOUNT_TABLE } from './account-table.ts'
import type { StreamEntry } from './read-entries.ts'
import { type StreamRecord, streamReads } from './stream-reads.ts'

/** An owner of an account, and the owner's onboarding as recorded; null: none is recorded. */
export interface AccountOwner {
  readonly identityId: string
  readonly state: OnboardingState | null
  /** When the owner's KYC refresh ends, RFC 3339; null: none runs, or its end is not known. */
  readonly refreshEndsAt: string | null
}

/** An account at Paxos: the first one of a customer, from the onboarding, or a further one. */
export interface AccountRecord {
  readonly accountId: string
  /** The primary owner. */
  readonly identityId: string
  readonly profileId: string
  /** The `ref_id` of its primary owner; null while unknown. */
  readonly refId: string | null
  /** The primary owner's. */
  readonly onboardingState: OnboardingState
  /** The stream of a further account; null: the account belongs to the onboarding. */
  readonly accountKey: string | null
  readonly type: string
  /** The primary owner first. */
  readonly owners: readonly AccountOwner[]
  /** The members besides the primary owner. */
  readonly members: readonly AccountMember[]
  readonly openedAt: Date | null
  /** Its closing that was not stopped, done or under way; null: there is none. */
  readonly closing: { readonly closingId: string; readonly state: ClosingState } | null
}

/** A further account as last committed. */
export type FurtherAccountRecord = StreamRecord<Account>

export const ACCOUNT_READS = streamReads(ACCOUNT_TABLE, { idForm: /^account-[0-9a-f]{32}$/, waiting: ['submitting', 'unknown'] })

const { columns: COLUMNS, stateOf } = ACCOUNT_TABLE
const SELECTED = COLUMNS.map(({ name, loaded }) => `${loaded(`a.${name}`)} AS ${name}`).join(', ')
/** More than one customer ever has. */
const MOST_LISTED = 500

/** When Gatehouse adopted an account that existed at Paxos; null for an account that it opened. */
export async function takenOverAt(pool: Pool, accountId: string): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date }>(
    `SELECT f.completed_at AS at FROM onboarding o JOIN effect f ON f.stream_id = o.identity_id AND f.step = 'account'
     WHERE o.account_id = $1 AND f.receipt->>'how' = 'adopted'
     UNION ALL
     SELECT f.completed_at FROM account a JOIN effect f ON f.stream_id = a.account_key AND f.step = 'open-account'
     WHERE a.account_id = $1 AND f.receipt->>'how' = 'adopted'`,
    [accountId],
  )
  return rows[0]?.at ?? null
}

/**
 * The account, if Gatehouse opened or adopted it, by Paxos's id or by the id of its stream. Null for an unknown one and for another
 * customer's.
 */
export async function findAccount(pool: Pool, id: string): Promise<AccountRecord | null> {
  const { rows } = await pool.query<FoundRow>(
    `WITH found AS (
       SELECT o.account_id, o.identity_id, o.profile_id, NULL AS account_key, 'BROKERAGE' AS type, '[]'::jsonb AS members, o.ready_at AS opened_at
       FROM onboarding o WHERE o.account_id = $1 AND o.profile_id IS NOT NULL
       UNION ALL
       SELECT a.account_id, a.identity_id, a.profile_id, a.account_key, a.type, a.members,
         (SELECT f.completed_at FROM effect f WHERE f.stream_id = a.account_key AND f.step = 'open-account')
       FROM account a WHERE (a.account_id = $1 OR a.account_key = $1) AND a.state = 'opened'
     )
     SELECT a.account_id AS "accountId", a.identity_id AS "identityId", a.profile_id AS "profileId", o.ref_id AS "refId",
       o.state AS "onboardingState", a.account_key AS "accountKey", a.type, a.members, a.opened_at AS "openedAt",
       o.kyc_refresh->>'endsAt' AS "refreshEndsAt",
       (SELECT jsonb_build_object('closingId', c.closing_id, 'state', c.state)
        FROM account_closing c WHERE c.account_id = a.account_id AND c.state <> 'stopped') AS closing,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'members', c.members) ORDER BY c.updated_at, c.change_key), '[]')
        FROM account_member_change c WHERE c.account_id = a.account_id AND c.state = 'done') AS changes
     FROM found a JOIN onboarding o ON o.identity_id = a.identity_id`,
    [id],
  )
  const [row] = rows
  if (!row) return null
  const { changes, refreshEndsAt, ...account } = row
  const members = membersAfter(account.members, changes)
  return { ...account, members, owners: await readOwners(pool, { ...account, refreshEndsAt }, members) }
}

type FoundRow = Omit<AccountRecord, 'owners'> &
  Pick<AccountOwner, 'refreshEndsAt'> & { changes: readonly Pick<AccountMemberChange, 'kind' | 'members'>[] }

async function readOwners(pool: Pool, primary: FoundPrimary, members: readonly AccountMember[]): Promise<AccountOwner[]> {
  const owners = ownersOf(primary.identityId, members)
  const { identityId: first, onboardingState, refreshEndsAt } = primary
  const alone = { identityId: first, state: onboardingState, refreshEndsAt }
  if (owners.length === 1) return [alone]
  const { rows } = await pool.query<AccountOwner>(
    `SELECT identity_id AS "identityId", state, kyc_refresh->>'endsAt' AS "refreshEndsAt" FROM onboarding WHERE identity_id = ANY ($1::text[])`,
    [owners],
  )
  const known = new Map(rows.map((row) => [row.identityId, row]))
  return owners.map((identityId) => known.get(identityId) ?? { identityId, state: null, refreshEndsAt: null })
}

type FoundPrimary = Pick<AccountRecord, 'identityId' | 'onboardingState'> & Pick<AccountOwner, 'refreshEndsAt'>

/** The newest 500 further accounts that the customer owns, alone or with others, newest first. */
export async function listFurtherAccounts(pool: Pool, identityId: string): Promise<FurtherAccountRecord[]> {
  const { rows } = await pool.query<Readonly<Record<string, unknown>> & { created_at: Date; updated_at: Date }>(
    `SELECT ${SELECTED}, a.created_at, a.updated_at FROM account a WHERE a.owners @> ARRAY[$1::text]
     ORDER BY a.created_at DESC, a.account_key DESC LIMIT $2`,
    [identityId, MOST_LISTED],
  )
  return rows.map((row) => ({ ...stateOf(row), createdAt: row.created_at, updatedAt: row.updated_at }))
}

/** An entry of a further account's chain. */
export interface AccountEntry extends StreamEntry {
  readonly accountKey: string
}

/** The entries of the further accounts that the customer owns, and of closings and changes of members of the customer's accounts. */
export async function readAccountEntries(pool: Pool, identityId: string): Promise<AccountEntry[]> {
  const { rows } = await pool.query<AccountEntry>(
    `SELECT e.stream_id AS "accountKey", e.entry_no AS "entryNo", e.at, e.kind, e.actor, e.data
     FROM (
       SELECT account_key AS id FROM account WHERE owners @> ARRAY[$1::text]
       UNION ALL
       SELECT change_key FROM account_member_change WHERE identity_id = $1
       UNION ALL
       SELECT closing_id FROM account_closing WHERE identity_id = $1
     ) a JOIN ledger_entry e ON e.stream_id = a.id
     ORDER BY e.stream_id, e.entry_no LIMIT ${MOST_LISTED}`,
    [identityId],
  )
  return rows
}

/** Paxos's ids of the further accounts, by their ref_id there. */
export async function readFurtherAccountIds(pool: Pool): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ refId: string; accountId: string }>(
    `SELECT f.key AS "refId", a.account_id AS "accountId" FROM account a JOIN effect f ON f.stream_id = a.account_key AND f.step = 'open-account'
     WHERE a.account_id IS NOT NULL`,
  )
  return new Map(rows.map(({ refId, accountId }) => [refId, accountId]))
}
