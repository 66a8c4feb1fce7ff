import type { Pool } from 'pg'
import { MOST_CUSTOMERS } from '../../inbox/read-window.ts'
import { sayCause } from '../issues/say-issue.ts'
import type { Dossier, DossierFailure, DossierRecovery } from './dossier.ts'
import { dossierGaps, dossierRisks } from './dossier-risks.ts'
import { type DossierRows, readDossierRows } from './dossier-rows.ts'
import { dossierTimeline } from './dossier-timeline.ts'
import { dossierWindow } from './dossier-window.ts'

export interface DossierUseCases {
  /** By default the last 24 hours. Computed from rows; makes no call to Paxos and changes nothing. @throws UsageError for a wrong window */
  writeDossier(query: { from?: Date | undefined; to?: Date | undefined }): Promise<Dossier>
}

/** What happened in a window of time, for a report on an incident. */
export function dossierUseCases({ pool, now }: { pool: Pool; now: () => number }): DossierUseCases {
  return {
    writeDossier: async (query) => {
      const asOf = new Date(now())
      const window = dossierWindow(query, asOf.getTime())
      return dossierOf(await readDossierRows(pool, window), { ...window, asOf })
    },
  }
}

function dossierOf(rows: DossierRows, window: { from: Date; to: Date; asOf: Date }): Dossier {
  return {
    ...window,
    timeline: dossierTimeline(rows, window),
    failures: failuresOf(rows),
    customers: rows.customers.slice(0, MOST_CUSTOMERS),
    moreCustomers: rows.customers.length > MOST_CUSTOMERS,
    delays: rows.events.toReady,
    recovery: recoveryOf(rows),
    acts: rows.acts.map(({ at, operator, actorKind, action, target }) => ({ at, operator, actorKind, action, target })),
    moreActs: rows.moreActs,
    risks: dossierRisks(rows),
    notKnown: dossierGaps(rows, window),
  }
}

function failuresOf({ attemptFailures, eventFailures }: DossierRows): DossierFailure[] {
  const attempts = attemptFailures.map((failed) => {
    const { attempts: count, effects, doneSince, refused, firstAt, lastAt } = failed
    const now = `of ${effects} effects: ${doneSince} done since, ${refused} refused, ${effects - doneSince - refused} open`
    return { of: 'attempts' as const, cause: sayCause(failed), count, now, firstAt, lastAt }
  })
  const events = eventFailures.map((failed) => {
    const { events: count, state, causeId, firstAt, lastAt } = failed
    const issue = causeId === null ? '' : `, issue ${causeId}`
    return {
      of: 'events' as const,
      cause: sayCause(failed),
      count,
      now: `${state === 'accepted' ? 'unfinished' : state}${issue}`,
      firstAt,
      lastAt,
    }
  })
  return [...attempts, ...events]
}

function recoveryOf({ events, replayed }: DossierRows): DossierRecovery {
  const { received, atLeast, byState, finished, reopened } = events
  const others = reopened.filter(({ seq }) => !replayed.has(seq))
  const swept = others.filter((event) => event.swept).length
  return {
    ...{ received, atLeast },
    ways: [
      { way: 'at-once', events: finished.atOnce },
      { way: 'waited', events: finished.waited },
      { way: 'retry', events: finished.retried },
      { way: 'reopened', events: others.length - swept },
      { way: 'replay', events: reopened.length - others.length },
      { way: 'reconciliation', events: finished.swept + swept },
      { way: 'dismissal', events: byState.dismissed },
      { way: 'not-recovered', events: byState.accepted + byState.parked + byState.dead },
    ],
  }
}
