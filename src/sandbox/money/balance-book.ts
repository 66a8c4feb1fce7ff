import { type Decimal, ZERO } from './decimal.ts'

/** A place of money: a balance of a profile, or one of the simulator's own accounts, which may go below zero. */
export type Place = `available ${string}` | `trading ${string}` | 'outside' | 'market' | 'commissions' | 'transfer-fees'

/** One movement from one place to another, so each asset sums to zero over all places. */
export interface Posting {
  readonly seq: number
  readonly asset: string
  readonly amount: Decimal
  readonly from: Place
  readonly to: Place
  /** The reason, such as `deposit <id>` or `execution <id>`. */
  readonly cause: string
}

/** The double-entry book of all balances (paxos/api.md 6): `available` for new debits, `trading` held by open orders. */
export class BalanceBook {
  #balances = new Map<Place, Map<string, Decimal>>()
  #postings: Posting[] = []

  get postings(): readonly Posting[] {
    return this.#postings
  }

  balance(place: Place, asset: string): Decimal {
    return this.#balances.get(place)?.get(asset) ?? ZERO
  }

  /** Every asset that this profile has or had, in alphabetical order. */
  assetsOf(profileId: string): string[] {
    const purses = [this.#balances.get(`available ${profileId}`), this.#balances.get(`trading ${profileId}`)]
    return [...new Set(purses.flatMap((purse) => [...(purse?.keys() ?? [])]))].sort()
  }

  /**
   * Moves an amount; zero does nothing. The caller has checked that the profile can pay. `overdraw` is for a deposit that is returned after
   * its money was spent.
   * @throws Error for a negative amount, or when a profile's balance would go below zero: a fault of the simulator
   */
  post(posting: Omit<Posting, 'seq'>, { overdraw = false }: { overdraw?: boolean } = {}): void {
    const { asset, amount, from, to } = posting
    if (amount.lt(ZERO)) throw new Error(`negative posting for ${posting.cause}`)
    if (amount.eq(ZERO)) return
    const left = this.balance(from, asset).minus(amount)
    if (!overdraw && left.lt(ZERO) && isPurse(from)) throw new Error(`overdrawn by ${posting.cause}`)
    this.#set(from, asset, left)
    this.#set(to, asset, this.balance(to, asset).plus(amount))
    this.#postings.push({ seq: this.#postings.length + 1, ...posting })
  }

  /** The sum of an asset over all places: zero unless the simulator has a fault. */
  imbalance(asset: string): Decimal {
    let sum = ZERO
    for (const assets of this.#balances.values()) sum = sum.plus(assets.get(asset) ?? ZERO)
    return sum
  }

  clear(): void {
    this.#balances.clear()
    this.#postings = []
  }

  #set(place: Place, asset: string, value: Decimal): void {
    let assets = this.#balances.get(place)
    if (!assets) {
      assets = new Map()
      this.#balances.set(place, assets)
    }
    assets.set(asset, value)
  }
}

function isPurse(place: Place): boolean {
  return place.startsWith('available ') || place.startsWith('trading ')
}
