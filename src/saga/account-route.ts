import { type AccountSnapshot, OPEN_ACCOUNT } from '../domain/account/account.ts'
import { ACCOUNT_RULES, type SeenOwners } from '../domain/account/account-stream.ts'
import { type AccountEffectParts, accountEffects } from '../effects/account-effects.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OwnRoute } from './prepare-event.ts'
import { StreamMissingError } from './saga-errors.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export interface AccountParts extends AccountEffectParts {
  ledger: Ledger<AccountSnapshot>
}

/** The command to open a further account moves the account that it names. Before the first attempt all its owners are read at Paxos. */
export function accountRoute({ ledger, ...parts }: AccountParts): OwnRoute {
  const kind: StreamKind<AccountSnapshot, SeenOwners> = { rules: ACCOUNT_RULES, ledger, effects: accountEffects(parts) }
  return {
    type: OPEN_ACCOUNT,
    work: ({ streamId, priority }) => {
      const observe = async (): Promise<SeenOwners> => {
        const stored = await ledger.load(streamId)
        if (!stored) throw new StreamMissingError('account', streamId)
        const { account, effects } = stored
        if (account.state !== 'submitting' || effects.some(({ attempts }) => attempts > 0)) return { statuses: null }
        const owners = await Promise.all(account.owners.map((id) => parts.paxos.identities.get(id, { priority })))
        return { statuses: owners.map(({ status }) => status) }
      }
      return streamWork(kind, { streamId, identityId: null, observe })
    },
  }
}
