import { z } from 'zod'
import { about, PaxosId } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment } from './transport/request-path.ts'

interface PaxosProfile {
  id: string
  nickname: string | null
  /** NORMAL or DEFAULT. An open set. */
  type: string
  accountId: string | null
}

export interface ProfilesOfPaxos {
  get(profileId: string, options?: CallOptions): Promise<PaxosProfile>
}

const Profile = z
  .object({ id: PaxosId, nickname: z.string().nullish(), type: z.string().nullish(), account_id: z.string().nullish() })
  .transform(
    ({ id, nickname, type, account_id }): PaxosProfile => ({
      id,
      nickname: nickname || null,
      type: type ?? '',
      accountId: account_id || null,
    }),
  )

export function profilesOfPaxos(call: PaxosCall): ProfilesOfPaxos {
  return {
    async get(profileId, options) {
      const operation = 'profiles.get'
      const path = `/profiles/${idSegment(profileId, operation)}`
      return about(profileId, await call({ operation, feature: 'balances', path, schema: Profile }, options), operation)
    },
  }
}
