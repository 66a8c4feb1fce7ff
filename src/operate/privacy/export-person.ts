import type { Pool } from 'pg'
import { countDeeds } from '../../audit/count-deeds.ts'
import type { Actor } from '../../domain/actor.ts'
import type { EventReads, EventRecord } from '../../inbox/read-events.ts'
import type { OnboardingRecord } from '../../ledger/onboarding-record.ts'
import { readEntries, type StreamEntry } from '../../ledger/read-entries.ts'
import type { OnboardingReads } from '../../ledger/read-onboardings.ts'
import { findSubject, streamsOfPerson } from '../../ledger/read-person.ts'
import { AppError } from '../../platform/app-error.ts'
import { type Erasure, findErasure } from '../../vault/erasures.ts'
import { type LegalHold, listHolds } from '../../vault/legal-holds.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Perform } from '../audited.ts'

/** One stream of a person with its ledger. */
interface ExportedStream {
  readonly kind: string
  readonly id: string
  readonly state: string
  readonly entries: readonly StreamEntry[]
}

/** Everything that Gatehouse holds about one person. */
export interface PersonExport {
  readonly subject: string
  readonly exportedAt: Date
  /** Null: the identity does not exist yet. */
  readonly onboarding: OnboardingRecord | null
  /** The onboarding, accounts, orders, transfers, documents and requests. */
  readonly streams: readonly ExportedStream[]
  readonly events: readonly EventRecord[]
  /** The sealed data of unfinished requests, in the clear. */
  readonly sealed: readonly { readonly id: string; readonly data: unknown }[]
  readonly erasure: Erasure | null
  readonly legalHolds: readonly LegalHold[]
}

/** The operator has exported as many persons as one operator may in a day. */
export class ExportBudgetSpentError extends AppError {
  readonly code = 'EXPORT_BUDGET_SPENT'
  readonly retry = 'never'
  constructor(name: string) {
    super(`${name} exported ${EXPORTS_PER_DAY} persons in the last 24 h, the limit for one operator. Another operator may continue.`)
  }
}

export interface ExportUseCases {
  /**
   * An export shows sealed data in the clear, so each takes a reason and counts for the operator's daily budget. Null: unknown id.
   * @throws ExportBudgetSpentError
   */
  exportPerson(id: string, why: { reason: string }, actor: Actor): Promise<PersonExport | null>
}

/** A person who asks for their data is one export. More in a day looks like a theft. */
const EXPORTS_PER_DAY = 20
const DAY_MS = 86_400_000
const ACTION = 'person.export'

interface Parts {
  pool: Pool
  vault: Vault
  onboardings: Pick<OnboardingReads, 'find'>
  events: Pick<EventReads, 'ofIdentity'>
  perform: Perform
  now: () => number
}

export function exportUseCases(parts: Parts): ExportUseCases {
  const { pool, perform, now } = parts
  return {
    exportPerson: async (id, { reason }, actor) => {
      const subject = await findSubject(pool, id)
      if (subject === null) return null
      const spent = await countDeeds(pool, { action: ACTION, operator: actor.name, since: new Date(now() - DAY_MS) })
      if (spent >= EXPORTS_PER_DAY) throw new ExportBudgetSpentError(actor.name)
      return perform(actor, { action: ACTION, target: subject, reason, entry: 'before' }, () => collect(parts, subject))
    },
  }
}

async function collect({ pool, vault, onboardings, events, now }: Parts, subject: string): Promise<PersonExport> {
  const [onboarding, streams, heard, erasure, legalHolds] = await Promise.all([
    onboardings.find(subject),
    streamsOfPerson(pool, subject),
    events.ofIdentity(subject),
    findErasure(pool, subject),
    listHolds(pool, { subject, standing: false }),
  ])
  const own = onboarding ? [{ kind: 'onboarding', id: subject, state: onboarding.state }] : []
  const requests = streams.filter(({ kind }) => kind === 'identity-request')
  const sealed = await Promise.all(requests.map(async ({ id }) => ({ id, data: await vault.open(id) })))
  return {
    ...{ subject, exportedAt: new Date(now()), onboarding, events: heard, erasure, legalHolds },
    streams: await Promise.all([...own, ...streams].map(async (stream) => ({ ...stream, entries: await readEntries(pool, stream.id) }))),
    sealed: sealed.filter(({ data }) => data !== null),
  }
}
