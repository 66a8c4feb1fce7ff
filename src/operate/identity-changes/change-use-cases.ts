import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { ChangeKind, ClientControl, ControlReason } from '../../domain/identity-change/identity-change.ts'
import { IDENTITY_CHANGE_TABLE } from '../../ledger/identity-change-table.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { CHANGE_READS, type ChangeRecord } from '../../ledger/read-changes.ts'
import { pendingAmong } from '../../ledger/read-pending.ts'
import type { PaxosControl } from '../../paxos/controls.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { PersonErasedError } from '../../vault/vault.ts'
import type { Perform } from '../audited.ts'
import { OnboardingUnknownError } from '../documents/document-errors.ts'
import { createAnswerWatch } from '../request/await-answer.ts'
import { ControlActiveError, ControlOfPaxosError, ControlUnknownError } from './change-errors.ts'
import { type AskedChange, type ChangeParts, changeIdentity } from './change-identity.ts'
import { checkCorrection, fieldsOf, rescreeningOf, unchangedFields } from './check-correction.ts'
import type { Delta } from './correction-request.ts'

/** A change, with what Paxos may check again because of it. */
export interface ChangeView extends Omit<ChangeRecord, 'inputHashes'> {
  /** The changed fields for which Paxos may verify or screen the customer again. */
  readonly rescreening: readonly string[]
}

/** What a correction would do. */
export interface CorrectionPreview {
  readonly identityId: string
  readonly fields: readonly string[]
  /** Fields whose value Paxos has already. */
  readonly unchanged: readonly string[]
  readonly rescreening: readonly string[]
}

/** `kind`: a correction, or a KYC refresh that the delta completes. */
export interface AskedCorrection {
  readonly identityId: string
  readonly idempotencyKey: string
  readonly kind: Extract<ChangeKind, 'correction' | 'kyc-refresh'>
  readonly changes: Delta
}

export interface AskedControl {
  readonly identityId: string
  readonly idempotencyKey: string
  readonly type: ClientControl
  readonly reasonCode: ControlReason
  /** For Paxos; null: none. */
  readonly reason: string | null
}

export interface AskedLift {
  readonly identityId: string
  readonly idempotencyKey: string
  readonly controlId: string
  readonly reason: string | null
}

type Changed = Promise<{ change: ChangeView; created: boolean }>

/** Changes of a customer at Paxos. Each waits up to 5 s for Paxos's answer, and is safe to repeat with the same key. */
export interface ChangeUseCases {
  /** @throws OnboardingUnknownError, ChangeInvalidError, IdempotencyKeyReusedError, PaxosError */
  correctIdentity(asked: AskedCorrection, actor: Actor): Changed
  /** Checks a delta; sends nothing. @throws as correctIdentity */
  previewCorrection(identityId: string, changes: Delta): Promise<CorrectionPreview>
  /** @throws OnboardingUnknownError, ControlActiveError, IdempotencyKeyReusedError, PaxosError */
  setControl(asked: AskedControl, actor: Actor): Changed
  /** @throws OnboardingUnknownError, ControlUnknownError, ControlOfPaxosError, IdempotencyKeyReusedError, PaxosError */
  liftControl(asked: AskedLift, actor: Actor): Changed
  /** The active controls, as Paxos has them now. @throws OnboardingUnknownError, PaxosError */
  listControls(identityId: string): Promise<PaxosControl[]>
  /** The newest 200, newest first. Reads only the database. */
  listChanges(identityId: string): Promise<ChangeView[]>
  getChange(changeId: string): Promise<ChangeView | null>
}

export interface ChangeUseCaseParts extends Omit<ChangeParts, 'find' | 'answered'> {
  pool: Pool
  perform: Perform
  paxos: PaxosClient
  onboardings: Ledger
}

const MOST_LISTED = 200
const NO_CONTROL = { control: null, reasonCode: null, controlId: null } as const

/** Corrections, KYC refreshes and controls of a customer, each audited and made once per key. */
export function changeUseCases({ pool, perform, paxos, onboardings, ...parts }: ChangeUseCaseParts): ChangeUseCases {
  const find = (changeId: string): Promise<ChangeRecord | null> => CHANGE_READS.find(pool, changeId)
  const states = ['submitting', 'unknown']
  const answered = createAnswerWatch({
    pendingAmong: (ids) => pendingAmong(pool, IDENTITY_CHANGE_TABLE, { ids, states }),
    now: parts.now,
  })
  const requireKnown = async (identityId: string): Promise<void> => {
    const known = await onboardings.load(identityId)
    if (!known) throw new OnboardingUnknownError(identityId)
    if (known.onboarding.state === 'erased') throw new PersonErasedError(identityId)
  }
  /** Audited with the names of fields and codes, never with values. `reason`: the operator's own words for a control. */
  const change = async (
    asked: AskedChange,
    actor: Actor,
    { action, reason, data }: { action: string; reason: string | null; data: Record<string, unknown> },
  ): Changed => {
    await requireKnown(asked.identityId)
    const rule = { action, target: asked.identityId, reason, data, entry: 'after' as const }
    const done = await perform(
      actor,
      { ...rule, result: ({ change: { changeId, state }, created }) => ({ data: { ...data, changeId, state, created } }) },
      () => changeIdentity({ ...parts, find, answered }, asked, actor),
    )
    return { change: view(done.change), created: done.created }
  }
  return {
    correctIdentity: ({ identityId, idempotencyKey, kind, changes }, actor) => {
      const fields = fieldsOf(changes)
      const check = async () => {
        const nothingChanged = kind === 'kyc-refresh' && fields.length === 0
        if (!nothingChanged) checkCorrection(changes, await paxos.identities.getWithDetails(identityId))
        return { ...NO_CONTROL, fields }
      }
      const input = kind === 'correction' ? changes : { changes }
      const asked = { identityId, kind, idempotencyKey, input, check, payload: { changes, reason: null } }
      const action = kind === 'correction' ? 'onboarding.correct' : 'onboarding.kyc-refresh'
      return change(asked, actor, { action, reason: null, data: { fields } })
    },
    previewCorrection: async (identityId, changes) => {
      await requireKnown(identityId)
      const identity = await paxos.identities.getWithDetails(identityId)
      checkCorrection(changes, identity)
      const fields = fieldsOf(changes)
      const unchanged = unchangedFields(changes, identity)
      return { identityId, fields, unchanged, rescreening: rescreeningOf(fields.filter((field) => !unchanged.includes(field))) }
    },
    setControl: ({ identityId, idempotencyKey, type, reasonCode, reason }, actor) => {
      const check = async () => {
        const active = (await paxos.controls.list(identityId)).find((each) => each.type === type && each.setBy === 'CLIENT')
        if (active) throw new ControlActiveError(type, active.id)
        return { fields: [], control: type, reasonCode, controlId: null }
      }
      const input = { type, reasonCode, ...(reason === null ? {} : { reason }) }
      const asked = { identityId, kind: 'set-control' as const, idempotencyKey, input, check, payload: { changes: {}, reason } }
      return change(asked, actor, { action: 'control.add', reason, data: { type, reasonCode } })
    },
    liftControl: ({ identityId, idempotencyKey, controlId, reason }, actor) => {
      const check = async () => {
        const control = (await paxos.controls.list(identityId)).find(({ id }) => id === controlId)
        if (!control) throw new ControlUnknownError(controlId)
        if (control.setBy !== 'CLIENT') throw new ControlOfPaxosError(control.type)
        return { fields: [], control: control.type, reasonCode: null, controlId }
      }
      const input = { controlId, ...(reason === null ? {} : { reason }) }
      const asked = { identityId, kind: 'lift-control' as const, idempotencyKey, input, check, payload: { changes: {}, reason } }
      return change(asked, actor, { action: 'control.remove', reason, data: { controlId } })
    },
    listControls: async (identityId) => {
      await requireKnown(identityId)
      return paxos.controls.list(identityId)
    },
    listChanges: async (identityId) => (await CHANGE_READS.list(pool, { where: { identityId }, limit: MOST_LISTED })).items.map(view),
    getChange: async (changeId) => {
      const found = await find(changeId)
      return found && view(found)
    },
  }
}

function view({ inputHashes: _, ...change }: ChangeRecord): ChangeView {
  return { ...change, rescreening: rescreeningOf(change.fields) }
}
