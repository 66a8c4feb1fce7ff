import { z } from 'zod'
import { ASSETS } from '../exchange/markets.ts'
import { AMOUNT_PATTERN, decimal, decimalsOf, ZERO } from '../money/decimal.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { Profile } from '../world/account-store.ts'
import { namedProblem, problem } from './paxos-problem.ts'
import { queryList } from './query.ts'
import { readBody } from './read-body.ts'
import { requireProfile } from './require-profile.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'

const CRYPTO_NETWORKS = [
  ...(['BITCOIN', 'ETHEREUM', 'BITCOIN_CASH', 'LITECOIN', 'SOLANA', 'POLYGON_POS', 'BASE', 'ARBITRUM_ONE', 'STELLAR'] as const),
  ...(['INK', 'XLAYER', 'AVALANCHE', 'DOGECOIN', 'SUI', 'ROBINHOOD', 'BNB'] as const),
] as const
const FIAT: readonly string[] = ['USD', 'EUR', 'SGD']
/** Stablecoins that no market of the document trades, but a profile may hold. */
const OTHER_ASSETS: readonly string[] = ['PYUSD', 'USDG', 'SOL']
const FIAT_DECIMALS = 2
const CRYPTO_DECIMALS = 18

const DepositRequest = z.strictObject({
  asset: z.string().min(1, 'is required'),
  amount: z.string().regex(AMOUNT_PATTERN, 'must be a decimal without sign or exponent'),
  crypto_network: z.enum(CRYPTO_NETWORKS).optional(),
  crypto_address: z.string().optional(),
})

/** Balances of a profile, and the deposit of the sandbox (paxos/api.md 6, 7). */
export function balanceRoutes(simulate: SimulateOperation, { accounts, balances, random, story }: SandboxState): void {
  const profileOf = (call: Call): Profile => requireProfile(call, { accounts })
  const balanceView = ({ id }: Profile, asset: string): object => ({
    asset,
    available: balances.balance(`available ${id}`, asset).toFixed(),
    trading: balances.balance(`trading ${id}`, asset).toFixed(),
  })

  simulate('GET /profiles/{profile_id}/balances', (call) => {
    const profile = profileOf(call)
    const asked = queryList(call.query, 'assets')
    const assets = asked.length > 0 ? asked : [...new Set(['USD', ...balances.assetsOf(profile.id)])]
    for (const asset of assets) requireAsset(asset)
    return { items: assets.map((asset) => balanceView(profile, asset)) }
  })

  simulate('GET /profiles/{profile_id}/balances/{asset}', (call) => {
    const profile = profileOf(call)
    const { asset = '' } = call.params
    requireAsset(asset)
    return balanceView(profile, asset)
  })

  simulate('POST /sandbox/profiles/{profile_id}/deposit', (call) => {
    const profile = profileOf(call)
    const { asset, amount: text, crypto_network: network } = readBody(DepositRequest, call.body)
    requireAsset(asset)
    if (!FIAT.includes(asset) && network === undefined) throw problem(400, 'crypto_network: is required for a crypto asset')
    if (FIAT.includes(asset) && network !== undefined) throw problem(400, 'crypto_network: must not be set for a fiat asset')
    const amount = decimal(text.startsWith('.') ? `0${text}` : text)
    if (amount.lte(ZERO)) throw problem(400, `amount invalid: invalid amount '${text}': must be positive decimal`)
    const most = FIAT.includes(asset) ? FIAT_DECIMALS : CRYPTO_DECIMALS
    if (decimalsOf(amount) > most) throw namedProblem('exceed-precision', `max precision allowed for asset ${asset} is ${most}`)
    const depositId = random.uuid('deposit', profile.id, balances.postings.length)
    balances.post({ asset, amount, from: 'outside', to: `available ${profile.id}`, cause: `sandbox deposit ${depositId}` })
    profile.deactivated = false // a balance that arrives reactivates the profile (documented)
    story.tell({ kind: 'deposit', depositId, profileId: profile.id, asset, amount: amount.toFixed() })
    return { activity_id: depositId }
  })
}

/** @throws 400 for an asset that no profile can hold */
export function requireAsset(asset: string): void {
  if (!ASSETS.includes(asset) && !OTHER_ASSETS.includes(asset)) throw problem(400, `invalid asset ${asset}`)
}
