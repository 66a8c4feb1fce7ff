import { type AskedIdentity, type IdentityRequestSnapshot, identityRequestRules } from '../domain/identity-request/identity-request.ts'
import { newOnboarding } from '../domain/onboarding/onboarding.ts'
import { draftOf } from '../domain/stream.ts'
import { type IdentityRequestEffectParts, identityRequestEffects } from '../effects/identity-request-effects.ts'
import type { OpenOnboarding } from '../effects/open-onboarding.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { AppError, errorCode } from '../platform/app-error.ts'
import type { OwnRoute } from './prepare-event.ts'
import { StreamMissingError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export const CREATE_ONBOARDING = 'create-onboarding'

/** The ref_id belongs to an onboarding that was requested under another Idempotency-Key. */
export class RefIdTakenError extends AppError {
  readonly code = 'REF_ID_TAKEN'
  readonly retry = 'never'
}

export interface IdentityRequestParts extends IdentityRequestEffectParts {
  requests: Ledger<IdentityRequestSnapshot>
  ledger: Ledger
  /** Milliseconds since 1970. */
  now: () => number
}

/** A `create-onboarding` command moves the request for an identity. The request's stream is opened when the command is accepted. */
export function identityRequestRoute({ requests, ledger, paxos, vault, now }: IdentityRequestParts): OwnRoute {
  const kind: StreamKind<IdentityRequestSnapshot, AskedIdentity> = {
    rules: identityRequestRules(),
    ledger: requests,
    effects: identityRequestEffects({ paxos, vault, open: openOnboarding({ ledger, now }) }),
  }
  return {
    type: CREATE_ONBOARDING,
    work: ({ streamId }) =>
      streamWork(kind, {
        streamId,
        identityId: null,
        observe: async () => {
          const stored = await requests.load(streamId)
          if (!stored) throw new StreamMissingError('identity request', streamId)
          return stored.request
        },
      }),
  }
}

/**
 * Opens the stream of a request before its command, so that the request is on record first. Repeating it changes nothing.
 * @throws RefIdTakenError when another request has the ref_id
 */
export async function openIdentityRequest(
  requests: Ledger<IdentityRequestSnapshot>,
  { requestId, ...asked }: AskedIdentity & { requestId: string },
  at: Date,
): Promise<void> {
  if (await requests.load(requestId)) return
  const draft = identityRequestRules().open(requestId, asked)
  if (!draft) return
  try {
    await requests.commit({ before: null, draft, actor: `operator:${asked.requestedBy}`, at })
  } catch (error) {
    if (errorCode(error) !== '23505') throw error
    throw new RefIdTakenError('ref_id is used by another onboarding; send its Idempotency-Key, or another ref_id', { cause: error })
  }
}

/** If the webhook was faster and the identity is adopted already, only our ref_id is added. */
function openOnboarding({ ledger, now }: Pick<IdentityRequestParts, 'ledger' | 'now'>): OpenOnboarding {
  return async ({ identityId, refId, requestedBy }) => {
    for (;;) {
      const stored = await ledger.load(identityId)
      if (stored?.onboarding.origin === 'created') return
      const onboarding = stored ? { ...stored.onboarding, origin: 'created' as const, refId } : newOnboarding(identityId, 'created', refId)
      const draft = draftOf({ onboarding, effects: stored?.effects ?? [] }, [{ kind: 'onboarding.created', data: { refId } }])
      if (await ledger.commit({ before: stored, draft, actor: `operator:${requestedBy}`, at: new Date(now()) })) return
    }
  }
}
