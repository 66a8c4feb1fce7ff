import { randomUUID } from 'node:crypto'
import { recordRefusal } from '../../src/domain/effect.ts'
import { applyDecision, type Draft } from '../../src/domain/onboarding/advance.ts'
import { newOnboarding, type OnboardingEvent } from '../../src/domain/onboarding/onboarding.ts'
import { transition } from '../../src/domain/onboarding/transition.ts'
import { draftOf } from '../../src/domain/stream.ts'
import type { Stored } from '../../src/ledger/change.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { applyReceipt } from '../support/onboarding-steps.ts'

export interface Seed {
  refId?: string | null
  at?: Date
  /** The statuses that Paxos shows, one after the other. With `told`, every effect gets its receipt; otherwise it stays intended. */
  statuses?: ('APPROVED' | 'DENIED' | 'DISABLED' | 'PENDING' | 'ERROR')[]
  told?: boolean
  /** The first effect is refused with this code. */
  refusedWith?: string
}

/** An onboarding as the saga would leave it: decided by the real core and committed through the real ledger. */
export async function seedOnboarding(
  ledger: Ledger,
  seed: Seed = {},
): Promise<{ identityId: string; accountId: string; profileId: string }> {
  const { statuses = [], told = true, at = new Date(), refId = `ref-${randomUUID().slice(0, 8)}` } = seed
  const [identityId, accountId, profileId] = [randomUUID(), randomUUID(), randomUUID()]
  const start = draftOf({ onboarding: newOnboarding(identityId, refId === null ? 'adopted' : 'created', refId), effects: [] }, [
    refId === null ? { kind: 'onboarding.adopted', data: { event: 'identity.approved' } } : { kind: 'onboarding.created', data: { refId } },
  ])
  const commit = async (before: Stored | null, draft: Draft, actor: string): Promise<Stored> => {
    const stored = await ledger.commit({ before, draft, actor, at })
    if (!stored) throw new Error('another writer committed this test data')
    return stored
  }
  let stored = await commit(null, start, 'operator:seed')
  for (const status of statuses) {
    const seen = { event: eventOf(status), status, requiredDocuments: status === 'PENDING' ? ['PROOF_OF_FUNDS'] : [] }
    let draft = applyDecision(draftOf(stored), transition(stored.onboarding, seen, 'machine'), status)
    for (let next = told && nextStep(draft); next; next = nextStep(draft)) {
      draft = applyReceipt(
        draft,
        next,
        next === 'account'
          ? { kind: 'account', accountId, profileId, how: 'created' }
          : { kind: 'notice', channel: 'webhook', status: 204 },
      )
    }
    const refused = seed.refusedWith && nextStep(draft)
    if (refused) draft = recordRefusal(draft, refused, seed.refusedWith ?? '')
    stored = await commit(stored, draft, `event:${randomUUID()}`)
  }
  return { identityId, accountId, profileId }
}

function nextStep({ effects }: Draft): string | undefined {
  return effects.find(({ state }) => state === 'intended')?.step
}

function eventOf(status: string): OnboardingEvent {
  if (status === 'DENIED') return 'identity.denied'
  if (status === 'DISABLED') return 'identity.disabled'
  return status === 'PENDING' ? 'identity.documents_required' : 'identity.approved'
}
