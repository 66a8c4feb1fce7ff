import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { samplePerson } from '../compose/invented-person.ts'
import { PersonRequest } from '../operate/onboarding/person-request.ts'
import type { OrderStory } from '../operate/trading/order-use-cases.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type OpenUseCases, withUseCases } from './command-input.ts'
import { waitForEnd } from './order-commands.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderBalances } from './trading-commands.ts'

const READY_MS = 60_000
const MARKET = 'BTCUSD'
const DEPOSIT = '10000.00'
const SPENT = '250.00'
const DEMO = { kind: 'operator', name: 'demo' } as const

/** `demo trade`: takes an invented person from identity to a filled buy and a sale, and prints the balances at each step. */
export function registerDemoCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('demo')
    .description('demonstrate the product with invented people')
    .command('trade')
    .description('identity, account, deposit, buy, hold, sell, with the balances at each step; needs running roles')
    .action(async () => withUseCases(open, (useCases) => demoTrade(useCases, { person: PersonRequest.parse(samplePerson()), print })))
}

/** The guide's steps 7 to 12 for one invented person. @throws Error when a step ends in an unexpected state */
export async function demoTrade(useCases: OperatorUseCases, { person, print }: { person: PersonRequest; print: Print }): Promise<void> {
  const run = randomUUID()
  const made = await useCases.createOnboarding({ idempotencyKey: `demo-${run}`, request: person }, DEMO)
  if (made.kind !== 'opened') throw new Error('Paxos did not create the identity within 5 s')
  const { identityId } = made
  print(`1 identity   ${identityId}`)
  const accountId = await waitForAccount(useCases, identityId)
  print(`2 account    ${accountId}`)
  const show = async (): Promise<void> => print(`${renderBalances(await useCases.getBalances(accountId))}\n`)
  const { deposit } = await useCases.fundAccount({ accountId, idempotencyKey: `demo-fund-${run}`, asset: 'USD', amount: DEPOSIT }, DEMO)
  print(`3 fund       ${deposit.amount} ${deposit.asset}: ${deposit.state}`)
  await show()
  const bought = await trade(useCases, { accountId, key: `demo-buy-${run}`, side: 'BUY', amount: SPENT })
  print(`4 buy        ${bought.orderId}: ${bought.state}, ${bought.amountFilled} ${bought.baseAsset} at ${bought.averagePrice}`)
  await show()
  const again = await trade(useCases, { accountId, key: `demo-buy-${run}`, side: 'BUY', amount: SPENT })
  print(`5 same buy   ${again.orderId}: the same order; no second buy`)
  await show()
  print('6 hold       the asset stays in the account')
  const sold = await trade(useCases, { accountId, key: `demo-sell-${run}`, side: 'SELL', amount: bought.amountFilled })
  print(`7 sell       ${sold.orderId}: ${sold.state}, ${sold.amountFilled} ${sold.baseAsset} at ${sold.averagePrice}`)
  await show()
  const { assets } = await useCases.proveBalances(accountId)
  const drift = assets.filter(({ drift: each }) => !each.isZero())
  print(`8 proof      ${drift.length === 0 ? 'the ledger equals the balances at Paxos exactly' : JSON.stringify(drift)}`)
  if (drift.length > 0) throw new Error('the ledger and Paxos differ')
}

async function waitForAccount(useCases: OperatorUseCases, identityId: string): Promise<string> {
  const until = Date.now() + READY_MS
  for (;;) {
    const onboarding = await useCases.getOnboarding(identityId)
    if (onboarding?.state === 'ready' && onboarding.accountId) return onboarding.accountId
    if (Date.now() > until)
      throw new Error(`the onboarding is still ${onboarding?.state}: ${onboarding?.waitingFor}. Check that a worker runs.`)
    await sleep(100)
  }
}

async function trade(
  useCases: OperatorUseCases,
  { accountId, key, side, amount }: { accountId: string; key: string; side: 'BUY' | 'SELL'; amount: string },
): Promise<OrderStory> {
  const amounts = side === 'BUY' ? { quoteAmount: amount, baseAmount: null } : { baseAmount: amount, quoteAmount: null }
  const rest = { price: null, stopPrice: null, timeInForce: null, expiresAt: null }
  const request = { side, market: MARKET, type: 'MARKET' as const, ...amounts, ...rest }
  const { order } = await useCases.placeOrder({ accountId, idempotencyKey: key, request }, DEMO)
  const end = await waitForEnd(useCases, order)
  if (end.state !== 'filled') throw new Error(`order ${end.orderId} is ${end.state} (${end.reason})`)
  return end
}
