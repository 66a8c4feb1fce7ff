import { isClosed, type Order } from './order.ts'

const NO_ORDERS: readonly Order[] = []

/** All orders, in the order of their creation. Several may share a `ref_id`, and at most one of them holds it. */
export class OrderStore {
  #all: Order[] = []
  #byId = new Map<string, Order>()
  #byProfile = new Map<string, Order[]>()
  #byRefId = new Map<string, Order[]>()
  #open = new Set<Order>()
  #openByProfile = new Map<string, Set<Order>>()
  #forgotten = new Set<Order>()

  get all(): readonly Order[] {
    return this.#all
  }

  /** In the order of their creation. */
  get open(): ReadonlySet<Order> {
    return this.#open
  }

  get(id: string): Order | undefined {
    return this.#byId.get(id)
  }

  ofProfile(profileId: string): readonly Order[] {
    return this.#byProfile.get(profileId) ?? NO_ORDERS
  }

  /** A copy: closing one of them is safe. */
  openOf(profileId: string): readonly Order[] {
    return [...(this.#openByProfile.get(profileId) ?? [])]
  }

  withRefIds(refIds: readonly string[]): Order[] {
    return refIds.flatMap((refId) => this.#byRefId.get(refId) ?? []).sort((one, other) => (one.createdAtNs < other.createdAtNs ? -1 : 1))
  }

  /** The order that blocks this `ref_id`: an open one, or one closed at most `memoryMs` ago. */
  holderOf(refId: string, { nowMs, memoryMs }: { nowMs: number; memoryMs: number }): Order | undefined {
    const holds = (order: Order): boolean =>
      !this.#forgotten.has(order) && (order.closedAtMs === null || nowMs - order.closedAtMs <= memoryMs)
    return this.#byRefId.get(refId)?.findLast(holds)
  }

  /** Makes the `ref_id` usable again at once. The order stays in every list. Returns whether an order had it. */
  forgetRefId(refId: string): boolean {
    const orders = this.#byRefId.get(refId) ?? NO_ORDERS
    for (const order of orders) this.#forgotten.add(order)
    return orders.length > 0
  }

  add(order: Order): void {
    this.#all.push(order)
    this.#byId.set(order.id, order)
    append(this.#byProfile, order.profileId, order)
    if (order.refId !== null) append(this.#byRefId, order.refId, order)
    this.settle(order)
  }

  /** Call after a change of the status. */
  settle(order: Order): void {
    const ofProfile = this.#openByProfile.get(order.profileId) ?? new Set()
    this.#openByProfile.set(order.profileId, ofProfile)
    for (const open of [this.#open, ofProfile]) {
      if (isClosed(order)) open.delete(order)
      else open.add(order)
    }
  }

  clear(): void {
    this.#all = []
    for (const index of [this.#byId, this.#byProfile, this.#byRefId, this.#open, this.#openByProfile, this.#forgotten]) index.clear()
  }
}

function append(index: Map<string, Order[]>, key: string, order: Order): void {
  const orders = index.get(key)
  if (orders) orders.push(order)
  else index.set(key, [order])
}
