import type { ClosingBlock } from '../../domain/account/account-closing.ts'
import type { ClosingRecord } from '../../ledger/read-closings.ts'

const NO_WITHDRAWAL = 'Gatehouse sends no withdrawal'

/** One block in one sentence: what is left, who must act, and what then happens by itself. */
export function sayClosingBlock({ kind, asset, amount, detail }: ClosingBlock): string {
  const left = `${amount ?? ''} ${asset ?? ''}`.trim()
  switch (kind) {
    case 'unfinished':
      return sayUnfinished(detail ?? '')
    case 'foreign-order':
      return `${left} is held by an order that Gatehouse did not place: cancel that order at Paxos, then closing goes on by itself.`
    case 'owner-stopped':
      return `${left} is left, and the owner ${detail} may not sell: clear it with Paxos, then closing goes on by itself.`
    case 'cash':
      return `${left} is left: send it to the customer's bank manually at Paxos, then closing goes on by itself (${NO_WITHDRAWAL}).`
    case 'dust':
      return `${left} is left, which is dust: too small to sell (the smallest sale of ${detail}). Withdraw it manually at Paxos, or ask Paxos to remove it; then closing goes on by itself.`
    case 'no-market':
      return `${left} is left, and Paxos has no market that sells it: withdraw it manually at Paxos, then closing goes on by itself.`
    case 'market-closed':
      return `${left} is left, and its market takes no sale now (${detail}): no action is needed, Gatehouse sells it once the market is open.`
    case 'not-sellable':
      return `${left} is left, and a limit of its market refuses the sale (${detail}): sell or withdraw it manually at Paxos, then closing goes on by itself.`
    case 'sale-refused':
      return `${left} is left, and Paxos refused its sale (${detail}): Gatehouse tries again by itself, later after each refusal; if it stays refused, ask Paxos.`
    case 'owes':
      return `The account owes ${left.replace(/^-/, '')}: the customer must cover it with a deposit, then closing goes on by itself.`
  }
}

function sayUnfinished(detail: string): string {
  const held = detail.endsWith(' held')
  if (held) return `${detail.slice(0, -5)} is held: a person must compare it at Paxos; until then the account stays open.`
  const [what = '', id = '', state = ''] = detail.split(' ')
  return `${what} ${id} is ${state.replaceAll('_', ' ')}: no action is needed, Gatehouse waits for its end.`
}

/** What blocks the closing in one sentence, the first of several; null: nothing blocks it. */
export function sayClosing({ state, reason, blocks, accountId }: ClosingRecord): string | null {
  const [first] = blocks
  const more = blocks.length > 1 ? ` (${blocks.length - 1} more)` : ''
  switch (state) {
    case 'cancelling':
    case 'selling':
    case 'waiting':
      return first ? `${sayClosingBlock(first)}${more}` : null
    case 'finishing':
      return `Account ${accountId} is empty and is being disabled at Paxos.`
    case 'held':
      return `Closing is held (${reason ?? 'no reason recorded'}): a person must compare the account at Paxos.`
    case 'closed':
    case 'stopped':
      return null
  }
}
