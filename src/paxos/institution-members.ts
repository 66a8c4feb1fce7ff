import { z } from 'zod'
import type { Institution, NewMember } from '../domain/institution/institution-members.ts'
import { about, PaxosId } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment } from './transport/request-path.ts'

/** A member as Paxos has it. `status`: that of its identity; null: Paxos does not say. */
type PaxosMember = Institution['members'][number] & { readonly status: string | null }

/** An identity with its members. It has no personal data: Paxos's names of members and details are dropped. */
export interface PaxosInstitution extends Institution {
  readonly id: string
  /** PERSON or INSTITUTION. An open set. */
  readonly type: string | null
  readonly members: readonly PaxosMember[]
}

export interface InstitutionMembersOfPaxos {
  read(institutionId: string, options?: CallOptions): Promise<PaxosInstitution>
  /** Adds all or none. Paxos takes no ref_id here: the caller looks at the members first. */
  add(institutionId: string, members: readonly NewMember[], options?: CallOptions): Promise<void>
  /** @throws PAXOS_REJECTED or PAXOS_NOT_FOUND when Paxos has no such member */
  remove(memberId: string, options?: CallOptions): Promise<void>
}

const Member = z
  .object({
    id: PaxosId,
    identity_id: PaxosId,
    roles: z.array(z.string()).nullish(),
    ownership: z.string().nullish(),
    summary_status: z.string().nullish(),
  })
  .transform(
    ({ id, identity_id, roles, ownership, summary_status }): PaxosMember => ({
      ...{ memberId: id, identityId: identity_id, roles: roles ?? [] },
      ...{ ownership: ownership || null, status: summary_status || null },
    }),
  )
const InstitutionAnswer = z
  .object({
    id: PaxosId,
    type: z.string().nullish(),
    institution_details: z.object({ institution_type: z.string().nullish() }).nullish(),
    institution_members: z.array(Member).nullish(),
  })
  .transform(
    ({ id, type, institution_details, institution_members }): PaxosInstitution => ({
      ...{ id, type: type ?? null },
      institutionType: institution_details?.institution_type ?? null,
      members: institution_members ?? [],
    }),
  )
const Added = z.looseObject({ institution_id: PaxosId })
const Removed = z.looseObject({})

export function institutionMembersOfPaxos(call: PaxosCall): InstitutionMembersOfPaxos {
  return {
    async read(institutionId, options) {
      const operation = 'identities.get'
      const path = `/identity/identities/${idSegment(institutionId, operation)}?include_details=true&include_institution_members=true`
      return about(institutionId, await call({ operation, path, schema: InstitutionAnswer }, options), operation)
    },
    async add(institutionId, members, options) {
      const body = {
        institution_id: institutionId,
        members: members.map(({ identityId, roles, ownership }) => ({
          ...{ identity_id: identityId, roles: [...roles] },
          ...(ownership === null ? {} : { ownership }),
        })),
      }
      const request = { operation: 'institution-members.add', path: '/identity/institution-members', mark: 'institution_id' } as const
      await call({ ...request, schema: Added, method: 'POST', body, once: 'looked-up-first' }, options)
    },
    async remove(memberId, options) {
      const operation = 'institution-members.remove'
      const path = `/identity/institution-members/${idSegment(memberId, operation)}`
      await call({ operation, path, mayBeEmpty: true, schema: Removed, method: 'DELETE', once: 'sets-a-state' }, options)
    },
  }
}
