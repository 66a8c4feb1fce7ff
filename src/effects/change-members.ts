import { attemptedAtMs, type Receipt } from '../domain/effect.ts'
import { addFaults, type Institution, removeFault } from '../domain/institution/institution-members.ts'
import { isChanged, MEMBER_EFFECTS, type MemberChange, type MemberChangeSnapshot } from '../domain/institution/member-change.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/** Paxos has some of the added members and not the others. It is read again. If that stays, a person must look. */
export class MembersUnclearError extends AppError {
  readonly code = 'MEMBERS_UNCLEAR'
  readonly retry = 'backoff'
  constructor({ changeId, members }: MemberChange, present: number) {
    super(`member change ${changeId}: Paxos has ${present} of its ${members.length} members, and the answer was lost`)
  }
}

/** The answer to this change, or to an older one of the same institution, is still open. */
export class MembersOutcomeOpenError extends AppError {
  readonly code = 'MEMBERS_OUTCOME_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(changeId: string, because: string, retryAfterMs: number) {
    super(`member change ${changeId}: ${because}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Time after an attempt with a lost answer from which the absence of the members counts, milliseconds. */
const ABSENCE_TRUSTED_AFTER_MS = 10_000
/** Pause between two checks whether the earlier change has ended, milliseconds. */
const CHECK_AGAIN_MS = 1_000
/** Attempts with a partial list before the change is held. */
const UNCLEAR_ATTEMPTS = 6

export interface MemberEffectParts {
  /** Whether an older change of the same institution has no answer yet. */
  waitsForOlder: (change: MemberChange) => Promise<boolean>
  /** Milliseconds since 1970. */
  now: () => number
  /** Set by tests; 10,000 ms by default. */
  absenceTrustedAfterMs?: number | undefined
}

/**
 * Adds members to an institution, or removes one. Paxos takes no ref_id for that, so the members that Paxos has tell whether it acted. An
 * identity can be added only while it is no member. Changes of one institution run one after the other, and the rules are checked once more
 * before the call: two requests at once cannot remove both owners.
 */
export function changeMembersEffects(paxos: PaxosClient, parts: MemberEffectParts): readonly EffectKind<MemberChangeSnapshot>[] {
  return [effectOf('add', paxos, parts), effectOf('remove', paxos, parts)]
}

function effectOf(
  action: MemberChange['action'],
  paxos: PaxosClient,
  { waitsForOlder, now, absenceTrustedAfterMs = ABSENCE_TRUSTED_AFTER_MS }: MemberEffectParts,
): EffectKind<MemberChangeSnapshot> {
  const operation = action === 'add' ? 'institution-members.add' : 'institution-members.remove'
  /** The institution as Paxos has it, once this change is the oldest open one. */
  const readInTurn = async ({ snapshot: { change }, priority }: EffectTask<MemberChangeSnapshot>): Promise<Institution> => {
    if (!(await waitsForOlder(change))) return paxos.institutionMembers.read(change.identityId, { priority })
    throw new MembersOutcomeOpenError(change.changeId, 'an older change of the same institution has no answer yet', CHECK_AGAIN_MS)
  }
  return {
    kind: MEMBER_EFFECTS[action],
    asksPaxos: true,
    room: (priority) => paxos.room(operation, { priority }),
    perform: async (task) => {
      const { change } = task.snapshot
      const institution = await readInTurn(task)
      const fault = faultOf(institution, change)
      if (fault !== null) return refused(fault)
      try {
        if (change.memberId === null) await paxos.institutionMembers.add(change.identityId, change.members, { priority: task.priority })
        else if (!hasMember(institution, change.memberId)) return changed('found')
        else await paxos.institutionMembers.remove(change.memberId, { priority: task.priority })
        return changed('answered')
      } catch (error) {
        if (error instanceof PaxosRefusedError) return refused(error.problem)
        if (error instanceof PaxosRejectedError) return refused('rejected-by-paxos')
        throw error
      }
    },
    find: async (task) => {
      const { change } = task.snapshot
      const institution = await readInTurn(task)
      if (change.memberId !== null) return hasMember(institution, change.memberId) ? null : changed('found')
      const there = new Set(institution.members.map(({ identityId }) => identityId))
      const present = change.members.filter(({ identityId }) => there.has(identityId)).length
      if (present === change.members.length) return changed('found')
      if (present > 0) throw new MembersUnclearError(change, present)
      // The lease began with the previous attempt, which may have been a look-up too: the wait starts again after each.
      if (now() - (attemptedAtMs(task.effect) ?? 0) >= absenceTrustedAfterMs) return null
      throw new MembersOutcomeOpenError(change.changeId, 'its answer was lost, and Paxos may still act on it', absenceTrustedAfterMs)
    },
    same: (known, late) => isChanged(known) === isChanged(late),
    holdFor: (error, attempts) => (error instanceof MembersUnclearError && attempts + 1 >= UNCLEAR_ATTEMPTS ? 'members-unclear' : null),
    estimate: async ({ effect: { key } }) => ({
      verdict: 'would-change-members',
      detail: `the members of the institution would be changed, unless Paxos shows the change already`,
      effects: [{ act: 'members', key }],
      receipt: { kind: 'members-changed', how: 'answered' },
    }),
  }
}

const refused = (reason: string): Receipt => ({ kind: 'members-refused', reason })
const changed = (how: 'answered' | 'found'): Receipt => ({ kind: 'members-changed', how })

const hasMember = ({ members }: Institution, memberId: string): boolean => members.some((member) => member.memberId === memberId)

function faultOf(institution: Institution, { members, memberId }: MemberChange): string | null {
  const [fault = null] = memberId === null ? addFaults(institution, members) : [removeFault(institution, memberId)]
  return fault?.code ?? null
}
