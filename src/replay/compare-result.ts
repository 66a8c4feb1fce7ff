import { readOutcome } from '../domain/outcome.ts'
import type { InboxRow } from '../inbox/inbox.ts'
import type { Stored } from '../ledger/change.ts'
import type { PlannedEffect } from '../saga/preview-event.ts'
import { stateOfBasis } from './event-basis.ts'

/** The plan for an event that a run has opened. */
export interface PlannedItem {
  verdict: string
  basis: string
  effects: readonly PlannedEffect[]
  /** The generation that the run opened. */
  generation: number
}

/** The result of an event, and its difference from the plan. */
export interface ItemEnd {
  result: string
  errorCode: string | null
  /** Null: it ended as planned. */
  difference: string | null
  explained: boolean
}

/** Compares the end of an event with its plan. Pure. `stored`: the customer's onboarding afterwards; null: there is none. */
export function compareResult(planned: PlannedItem, event: InboxRow, stored: Stored | null): ItemEnd {
  if (event.generation !== planned.generation)
    return end('reopened by another replay', event, {
      difference: 'another replay reopened the event before this run saw its end',
      explained: true,
    })
  const failed = event.errorCode !== null || event.state === 'parked' || event.state === 'dead'
  if (failed) return endOfFailure(planned, event)
  return end(sayEnd(event), event, compareEffects(planned, event, stored))
}

function endOfFailure({ verdict, basis }: PlannedItem, event: InboxRow): ItemEnd {
  const stood = stateOfBasis(basis)
  const foreseen = verdict === 'would-park' || verdict === 'would-wait'
  const difference = foreseen ? null : `${event.errorCode ?? 'no code'}: ${event.errorDetail ?? 'no detail recorded'}`.slice(0, 500)
  if (event.state === 'processed') return end('failed; the event stays processed', event, { difference, explained: true })
  const again = stood === 'parked' || stood === 'dead' ? ' again' : ''
  return end(`${event.state}${again}`, event, { difference, explained: true })
}

/** `ready`, `denied`, `held`, `nothing to do`, from the outcome of the event. */
function sayEnd({ outcome }: InboxRow): string {
  const came = outcome === null ? null : readOutcome(outcome)
  if (came?.kind === 'moved') return came.to.replaceAll('_', ' ')
  if (came?.kind === 'resumed') return came.state.replaceAll('_', ' ')
  return came?.kind === 'held' ? 'held' : 'nothing to do'
}

/** Every planned effect must be in the ledger, made by this event or by another event of the same customer. */
function compareEffects({ effects }: PlannedItem, { outcome }: InboxRow, stored: Stored | null): Pick<ItemEnd, 'difference' | 'explained'> {
  const done = new Set(stored?.effects.filter(({ state }) => state === 'done').map(({ key }) => key))
  const missing = effects.filter(({ act, key }) =>
    act === 'release' ? stored?.onboarding.state === 'held' : act !== 'look-up' && !done.has(key),
  )
  if (missing.length === 0) return { difference: null, explained: true }
  const keys = missing.map(({ act, key }) => `${act} ${key}`).join(', ')
  // Paxos gave another status at the run than at the plan.
  const status = stored?.onboarding.identityStatus
  const movedOn =
    stored !== null && ['held', 'denied', 'disabled', 'frozen', 'documents_required', 'erased'].includes(stored.onboarding.state)
  return movedOn
    ? {
        difference: `not done: ${keys}; the status at Paxos had changed to ${status ?? 'another one'} (${outcome ?? 'no outcome'})`,
        explained: true,
      }
    : { difference: `not done: ${keys}`, explained: false }
}

function end(result: string, { errorCode }: InboxRow, { difference, explained }: Pick<ItemEnd, 'difference' | 'explained'>): ItemEnd {
  return { result, errorCode, difference, explained }
}
