import { describe, expect, it } from 'vitest'
import { type Draft, recordReceipt } from '../../../src/domain/effect.ts'
import { Amount } from '../../../src/domain/money.ts'
import { decideOn, draftOf } from '../../../src/domain/stream.ts'
import type { SeenTransfer } from '../../../src/domain/transfer/observe-transfer.ts'
import { TRANSFER_RULES, type TransferSnapshot } from '../../../src/domain/transfer/transfer-stream.ts'

const ID = 'transfer-00000000000000000000000000000001'
const WIRE: SeenTransfer = {
  paxosTransferId: 'paxos-1',
  accountId: 'account-1',
  identityId: 'identity-1',
  profileId: 'profile-1',
  direction: 'CREDIT',
  type: 'WIRE_DEPOSIT',
  asset: 'USD',
  amount: '150.33',
  fee: '30',
  total: '120.33',
  paxosStatus: 'PENDING',
  instructionsId: null,
  returnOf: null,
  startedAt: '2026-03-01T12:00:00Z',
}

/** All records, and the current stream. */
interface Story {
  draft: Draft<TransferSnapshot>
  entries: Draft<TransferSnapshot>['entries']
}

type Read = Partial<SeenTransfer> & { operator?: boolean }

/** One read of the transfer as Paxos has it then. Every notification is accepted at once. */
function readOnce(before: Story | null, { operator = false, ...more }: Read): Story {
  const seen: SeenTransfer = { ...WIRE, ...more }
  const start = before ? draftOf<TransferSnapshot>(before.draft) : TRANSFER_RULES.open(ID, seen)
  if (!start) throw new Error('a read opens a transfer')
  const circumstances = { attempts: 0, authority: operator ? ('operator' as const) : ('machine' as const), replayed: operator }
  const decided = decideOn(TRANSFER_RULES, { start, seen, fresh: before === null, circumstances })
  if (decided.kind !== 'decided') throw new Error(decided.because)
  let { draft } = decided
  for (let next = TRANSFER_RULES.nextEffect(draft); next; next = TRANSFER_RULES.nextEffect(draft))
    draft = recordReceipt(draft, next.step, { kind: 'notice', channel: 'log', status: 204 })
  return { draft, entries: [...(before?.entries ?? []), ...draft.entries] }
}

function read(first: Read, ...others: Read[]): Story {
  return others.reduce(readOnce, readOnce(null, first))
}

const flows = ({ entries }: Story): unknown[] =>
  entries.filter(({ kind }) => kind === 'flow').map(({ data }) => [data.because, data.amount])
const balance = ({ entries }: Story): string =>
  String(Amount.sum(entries.filter(({ kind }) => kind === 'flow').map(({ data }) => Amount.of(String(data.amount)))))
const told = ({ entries }: Story): unknown[] => entries.filter(({ kind }) => kind === 'effect.done').map(({ data }) => data.key)
const state = ({ draft }: Story): string => draft.transfer.state

const PENDING = { paxosStatus: 'PENDING' }
const COMPLETED = { paxosStatus: 'COMPLETED' }
const FAILED = { paxosStatus: 'FAILED' }

/** All permutations of the values. */
function* permutations<T>(values: readonly T[]): Generator<T[]> {
  if (values.length === 0) yield []
  for (const [index, first] of values.entries()) for (const rest of permutations(values.toSpliced(index, 1))) yield [first, ...rest]
}

describe('a wire deposit', () => {
  it('credits its total less the fee once it is completed, and notifies the application once', () => {
    const story = read(PENDING, COMPLETED, COMPLETED)
    expect(flows(story)).toEqual([['transfer', '120.33']])
    expect(story.entries.map(({ kind }) => kind)).toEqual(['transfer.seen', 'transfer.moved', 'effect.intended', 'flow', 'effect.done'])
    expect(told(story)).toEqual([`notice_deposit_completed_1_${ID}`])
  })

  it('A33: credits exactly once when it is read in any order and repeatedly', () => {
    for (const order of permutations([PENDING, PENDING, COMPLETED, COMPLETED])) {
      const [first = PENDING, ...others] = order
      const story = read(first, ...others)
      expect([state(story), balance(story), told(story).length]).toEqual(['completed', '120.33', 1])
    }
  })

  it('moves nothing and sends no notification when it failed', () => {
    const story = read(PENDING, FAILED, PENDING)
    expect([state(story), flows(story), told(story)]).toEqual(['failed', [], []])
  })

  it('uses a fee that Paxos names late, until it has ended', () => {
    const story = read({ ...PENDING, fee: '0', total: '150.33' }, COMPLETED)
    expect(story.draft.transfer).toMatchObject({ fee: '30', total: '120.33', moved: '120.33' })
  })

  it('keeps its state when Paxos adds a status, and shows the status', () => {
    const story = read(PENDING, { paxosStatus: 'UNDER_REVIEW' })
    expect(story.draft.transfer).toMatchObject({ state: 'pending', paxosStatus: 'UNDER_REVIEW', moved: '0' })
  })

  it.each([
    ['another asset', [PENDING, { ...COMPLETED, asset: 'EUR' }], 'another-transfer', '0'],
    ['another profile', [PENDING, { ...COMPLETED, profileId: 'other' }], 'another-transfer', '0'],
    ['a completion after its failure', [FAILED, COMPLETED], 'completed-after-its-end', '0'],
    ['another total after its end', [COMPLETED, { ...COMPLETED, total: '120.32' }], 'amount-changed', '120.33'],
  ] as const)('is held for %s, and what it has moved stays recorded', (_, [first, second], reason, moved) => {
    const story = read(first, second)
    expect(story.draft.transfer).toMatchObject({ state: 'held', reason, moved })
    expect(balance(read(first, second, COMPLETED))).toBe(moved) // the machine does not resolve it
  })

  it('follows the live status once an operator releases its hold, and its flows move the difference', () => {
    const story = read(COMPLETED, { ...COMPLETED, total: '100.33' }, { ...COMPLETED, total: '100.33', operator: true })
    expect([state(story), balance(story), told(story).length]).toEqual(['completed', '100.33', 1])
  })
})

describe('a returned transfer', () => {
  it.each([1, 60, 90])('A32: gets a further entry after %i days, and the first entry stays as it was', (days) => {
    const before = read(PENDING, COMPLETED)
    const after = read(PENDING, COMPLETED, ...Array.from({ length: days }, () => COMPLETED), FAILED, FAILED)
    expect(after.entries.slice(0, before.entries.length)).toEqual(before.entries)
    expect(flows(after)).toEqual([
      ['transfer', '120.33'],
      ['return', '-120.33'],
    ])
    expect([state(after), balance(after)]).toEqual(['returned', '0'])
    expect(told(after)).toEqual([`notice_deposit_completed_1_${ID}`, `notice_deposit_returned_1_${ID}`])
  })

  it('A32: moves the amount that Paxos shows as a debit of its own, and names the deposit', () => {
    const back = { ...COMPLETED, direction: 'DEBIT', type: 'WIRE_WITHDRAWAL', fee: '0', returnOf: 'transfer-of-the-deposit' }
    const story = read(back, back)
    expect(flows(story)).toEqual([['return', '-120.33']])
    expect(told(story)).toEqual([`notice_deposit_returned_1_${ID}`])
  })

  it('A33: leaves the balance as Paxos has it when the return is seen before the completion', () => {
    const story = read(FAILED, FAILED)
    expect([state(story), balance(story)]).toEqual(['failed', '0'])
  })
})

describe('an outgoing transfer', () => {
  const OUT = { direction: 'DEBIT', type: 'WIRE_WITHDRAWAL', total: '180.33' }

  it('is debited as soon as Paxos has it, and credited again when it fails', () => {
    const story = read({ ...OUT, ...PENDING }, { ...OUT, ...PENDING }, { ...OUT, ...FAILED })
    expect(flows(story)).toEqual([
      ['transfer', '-180.33'],
      ['return', '180.33'],
    ])
  })

  it('is debited once, and the application gets no notification of its own action', () => {
    const story = read({ ...OUT, ...PENDING }, { ...OUT, ...COMPLETED }, { ...OUT, ...COMPLETED })
    expect([flows(story), told(story)]).toEqual([[['transfer', '-180.33']], []])
  })
})
