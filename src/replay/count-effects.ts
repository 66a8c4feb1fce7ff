import type { PlannedEffect } from '../saga/preview-event.ts'

/** The effects of a plan, counted by key: one effect of two events counts once. */
export interface EffectTotals {
  accountsOpened: number
  accountsAdopted: number
  accountsLookedUp: number
  notificationsFirst: number
  /** Sent again under the key of an earlier attempt. */
  notificationsAgain: number
  holdsReleased: number
  ordersPlaced: number
  ordersCancelled: number
  depositsMade: number
  quotesExecuted: number
  instructionsCreated: number
  wiresSent: number
  identitiesChanged: number
  membersChanged: number
  /** Customers with at least one effect. */
  customers: number
  /** Events whose effects earlier events of the plan have already. */
  eventsWithoutEffect: number
}

type Counted = Exclude<keyof EffectTotals, 'customers' | 'eventsWithoutEffect'>
const FIELD_OF: Readonly<Record<PlannedEffect['act'], Counted>> = {
  open: 'accountsOpened',
  adopt: 'accountsAdopted',
  'look-up': 'accountsLookedUp',
  send: 'notificationsFirst',
  'send-again': 'notificationsAgain',
  release: 'holdsReleased',
  place: 'ordersPlaced',
  cancel: 'ordersCancelled',
  fund: 'depositsMade',
  execute: 'quotesExecuted',
  instruct: 'instructionsCreated',
  wire: 'wiresSent',
  change: 'identitiesChanged',
  members: 'membersChanged',
}

/** Counts item by item, in order. Its memory holds the keys alone, for a plan of any size. */
export function createEffectCounter(): {
  add(item: { identityId: string | null; effects: readonly PlannedEffect[] }): void
  totals(): EffectTotals
} {
  const keys = new Set<string>()
  const customers = new Set<string>()
  const totals = {
    ...{ accountsOpened: 0, accountsAdopted: 0, accountsLookedUp: 0, notificationsFirst: 0, notificationsAgain: 0 },
    ...{
      holdsReleased: 0,
      ordersPlaced: 0,
      ordersCancelled: 0,
      depositsMade: 0,
      quotesExecuted: 0,
      instructionsCreated: 0,
      wiresSent: 0,
      identitiesChanged: 0,
      membersChanged: 0,
      eventsWithoutEffect: 0,
    },
  }
  return {
    add: ({ identityId, effects }) => {
      const fresh = effects.filter(({ key }) => !keys.has(key))
      for (const { act, key } of fresh) {
        keys.add(key)
        totals[FIELD_OF[act]] += 1
      }
      if (fresh.length === 0) totals.eventsWithoutEffect += 1
      else if (identityId !== null) customers.add(identityId)
    },
    totals: () => ({ ...totals, customers: customers.size }),
  }
}
