import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** What a person does at Paxos while an account is being closed: takes the whole balance of an asset out. */
export function withdrawManually(sandbox: Sandbox, accountId: string, asset: string): void {
  const profileId = sandbox.accounts.get(accountId)?.profile?.id ?? ''
  const from = `available ${profileId}` as const
  const amount = sandbox.balances.balance(from, asset)
  sandbox.balances.post({ asset, amount, from, to: 'outside', cause: 'withdrawn manually' })
}

/** Orders of the account at Paxos by side, cancelled and rejected ones left out. */
export function filledAtPaxos(sandbox: Sandbox, accountId: string): { side: string; market: string; amount: string }[] {
  const profileId = sandbox.accounts.get(accountId)?.profile?.id ?? ''
  return sandbox.orders.all
    .filter((order) => order.profileId === profileId && !order.filled.eq('0'))
    .map((order) => ({ side: order.side, market: order.market, amount: order.filled.toFixed() }))
}
