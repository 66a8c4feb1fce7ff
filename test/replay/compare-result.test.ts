import { describe, expect, it } from 'vitest'
import type { InboxRow } from '../../src/inbox/inbox.ts'
import type { Stored } from '../../src/ledger/change.ts'
import { compareResult, type PlannedItem } from '../../src/replay/compare-result.ts'
import { acceptedRow } from '../support/accepted-row.ts'

const KEY = 'notice_ready_1_x'
const planned: PlannedItem = { verdict: 'would-send-notice', basis: 'dead/0/3', effects: [{ act: 'send', key: KEY }], generation: 1 }
const ended = (more: Partial<InboxRow> = {}): InboxRow => ({
  ...acceptedRow({ seq: '1', eventId: 'event-1', at: new Date(0) }),
  ...{ state: 'processed', generation: 1, outcome: 'moved:ready' },
  ...more,
})
const stored = (state: string, effects: { key: string; state: string }[]): Stored =>
  ({ onboarding: { state, identityStatus: 'DENIED' }, effects }) as unknown as Stored // the compared fields only
const done = stored('ready', [{ key: KEY, state: 'done' }])

describe('the comparison of a run with its plan', () => {
  it.each<[string, PlannedItem, InboxRow, Stored | null, object]>([
    ['did what was planned', planned, ended(), done, { result: 'ready', difference: null }],
    [
      'had nothing to do',
      { ...planned, effects: [] },
      ended({ outcome: 'ignored:already-ready' }),
      done,
      { result: 'nothing to do', difference: null },
    ],
    ['was held', { ...planned, effects: [] }, ended({ outcome: 'held:status-unknown' }), done, { result: 'held' }],
    [
      'failed again',
      planned,
      ended({ state: 'dead', errorCode: 'NOTICE_REFUSED', errorDetail: '400' }),
      done,
      { result: 'dead again', errorCode: 'NOTICE_REFUSED', difference: 'NOTICE_REFUSED: 400', explained: true },
    ],
    [
      'failed as planned',
      { ...planned, verdict: 'would-park', effects: [] },
      ended({ state: 'parked', errorCode: 'EVENT_UNKNOWN_TO_PAXOS' }),
      null,
      { result: 'parked again', difference: null },
    ],
    [
      'could not be read, and had been completed',
      { ...planned, basis: 'processed/0/3' },
      ended({ errorCode: 'EVENT_UNKNOWN_TO_PAXOS', errorDetail: 'gone' }),
      done,
      { result: 'failed; the event stays processed', difference: 'EVENT_UNKNOWN_TO_PAXOS: gone', explained: true },
    ],
    ['was reopened by another replay', planned, ended({ generation: 2 }), done, { result: 'reopened by another replay', explained: true }],
    [
      'met another status',
      planned,
      ended({ outcome: 'moved:denied' }),
      stored('denied', []),
      { result: 'denied', difference: expect.stringContaining('the status at Paxos had changed to DENIED'), explained: true },
    ],
    ['left out an effect', planned, ended(), stored('ready', []), { difference: `not done: send ${KEY}`, explained: false }],
    [
      'did not release the hold',
      { ...planned, effects: [{ act: 'release', key: 'x' }] },
      ended(),
      stored('held', []),
      { difference: expect.stringContaining('not done: release x') },
    ],
  ])('says that an event %s', (_what, plan, event, onboarding, expected) => {
    expect(compareResult(plan, event, onboarding)).toMatchObject(expected)
  })
})
