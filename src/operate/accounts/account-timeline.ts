import type { AccountEntry } from '../../ledger/read-accounts.ts'
import type { TimelineLine } from '../events/timeline.ts'

/** The further accounts of a customer as lines of the customer's timeline. Entries of effects are left out: the moves say the same. */
export function accountLines(entries: readonly AccountEntry[]): TimelineLine[] {
  return entries.flatMap(({ accountKey, at, kind, actor, data }): TimelineLine[] => {
    const sentence = describe(accountKey, kind, data)
    return sentence === null ? [] : [{ at, source: 'ledger', sentence, kind, actor, data: { accountKey, ...data } }]
  })
}

function describe(accountKey: string, kind: string, data: Readonly<Record<string, unknown>>): string | null {
  const { type, owners, from, to, reason, accountId } = data
  switch (kind) {
    case 'account.requested': {
      const joint = Array.isArray(owners) && owners.length > 1 ? ` with the owners ${owners.join(', ')}` : ''
      return `Further account ${accountKey} requested: ${String(type)}${joint}`
    }
    case 'account.moved':
      if (to === 'opened') return `Further account ${accountKey} opened at Paxos as ${String(accountId)}`
      return `Further account ${accountKey} moved from ${String(from)} to ${String(to)}${reason === null ? '' : `: ${String(reason).replaceAll('-', ' ')}`}`
    case 'closing.requested':
      return `Closing of account ${String(accountId)} requested`
    case 'closing.moved': {
      const left = Array.isArray(data.blocks) && data.blocks.length > 0 ? `; it waits for: ${data.blocks.join(', ')}` : ''
      return `Closing of account ${String(accountId)}: ${String(to)}${left}`
    }
    case 'members.requested':
      return `${data.kind === 'add' ? 'New members' : 'Removal of a member'} of account ${String(accountId)} requested: ${Array.isArray(data.members) ? data.members.join(', ') : ''}`
    case 'members.moved':
      return `${data.kind === 'add' ? 'New members' : 'Removal of a member'} of account ${String(accountId)}: ${String(to)}${reason === null ? '' : ` (${String(reason).replaceAll('-', ' ')})`}`
    default:
      return null
  }
}
