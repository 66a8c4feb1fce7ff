import type { SandboxState } from '../sandbox-state.ts'
import type { Profile } from '../world/account-store.ts'
import { problem } from './paxos-problem.ts'
import type { Call } from './simulated-operation.ts'

/** The profile in the path, recorded for the story log. @throws 404 with the documented text */
export function requireProfile({ params, subject }: Call, { accounts }: Pick<SandboxState, 'accounts'>): Profile {
  const { profile_id: id = '' } = params
  const profile = accounts.profile(id)
  if (!profile) throw problem(404, `profile not found: ${id}`)
  subject.profileId = profile.id
  if (profile.accountId !== null) subject.accountId = profile.accountId
  return profile
}
