import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerReconcileCommands } from '../../../src/cli/reconcile-commands.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { startReplayRunner } from '../../../src/replay/replay-runner.ts'
import { openPages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { seedOnboarding } from '../seed-onboarding.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

interface Found {
  class: string
  subject: string
  healedBy: string
}

let operator: Operator
const PATIENCE = { timeout: 30_000, interval: 100 }

async function drift(body: object = {}): Promise<{ status: number; found: Found[]; complete: boolean; replayId: string | null }> {
  const { status, body: report } = await operator.call('POST', '/v1/reconciliations/drift', {
    body,
    headers: bearer({ 'x-operator': 'Ada' }),
  })
  const found = report.parts.flatMap(({ differences }: { differences: Found[] }) => differences)
  return { status, found, complete: report.complete, replayId: report.replayId }
}

describe('the comparison with Paxos', () => {
  const application = createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()))
  beforeAll(async () => {
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    operator = await startOperator({ concurrency: 5, noticesUrl: `http://127.0.0.1:${(application.address() as AddressInfo).port}/` })
    await operator.sandbox.populate({ count: 3, refIdPrefix: 'drift', decision: 'approve', deliver: false })
    operator.advanceClock(120_000)
  }, 60_000)
  afterAll(async () => {
    await operator.close()
    application.close()
  })

  it('B17: finds identities that only Paxos has and customers that only the record has, by class, and changes nothing', async () => {
    const { identityId } = await seedOnboarding(operator.ledger, { statuses: ['APPROVED'] })
    const { status, found, complete, replayId } = await drift()
    expect([status, complete, replayId]).toEqual([200, true, null])
    expect(found.filter((each) => each.class === 'identity-missing-here')).toHaveLength(3)
    expect(found.filter(({ subject }) => subject === identityId).map((each) => `${each.class} ${each.healedBy}`)).toEqual([
      'identity-missing-at-paxos person',
      'account-missing-at-paxos person',
    ])
    expect(await operator.useCases.listEvents({ state: 'parked', limit: 10 }).then(({ items }) => items)).toEqual([])
  })

  it('B17: plans one replay for what a replay can heal, which takes the customers over after its approval, once', async () => {
    const first = await drift({ plan: true })
    const again = await drift({ plan: true })
    expect([first.replayId, again.replayId]).toEqual([expect.any(String), expect.any(String)])
    const { items } = await operator.useCases.listEvents({ state: 'parked', limit: 10 })
    expect(items.map(({ errorCode, type }) => [errorCode, type])).toEqual(Array(3).fill(['NOT_ON_RECORD', 'adopt-identity']))
    const stop = startReplayRunner(operator.replays, createLogger({ level: 'silent' }))
    try {
      const { state, counts } = await operator.useCases.continuePlan(again.replayId ?? '', { waitMs: 20_000 })
      expect([state, JSON.stringify(counts)]).toEqual(['planned', expect.stringContaining('"would-create-account":3')])
      await operator.useCases.approveReplay(
        again.replayId ?? '',
        { reason: 'lost in the restore, ticket 4711' },
        { kind: 'operator', name: 'Ada' },
      )
      await expect.poll(async () => (await operator.useCases.getReplay(again.replayId ?? ''))?.state, PATIENCE).toBe('finished')
    } finally {
      await stop()
    }
    const after = await drift()
    expect(after.found.filter(({ healedBy }) => healedBy === 'replay')).toEqual([])
    const { items: ready } = await operator.useCases.listOnboardings({ state: 'ready', limit: 10 })
    expect(ready.filter(({ origin }) => origin === 'adopted').map(({ origin, accountId }) => [origin, accountId !== null])).toEqual(
      Array(3).fill(['adopted', true]),
    )
  }, 90_000)

  it('is a command that exits with 1 on a difference, and a form of the page', async () => {
    expect(await runCommand(operator, registerReconcileCommands, ['reconcile', 'drift'])).toMatch(/identity-missing-at-paxos/)
    expect(process.exitCode).toBe(1)
    process.exitCode = 0
    const pages = await openPages(operator)
    expect(await (await pages.get('/reconciliations')).text()).toContain('Compare with Paxos')
    expect(await (await pages.post('/drift', {})).text()).toContain('identity-missing-at-paxos')
  })

  it('A47: says which part it could not read, and does not count it as equal', async () => {
    await operator.sandbox.close()
    const { found, complete } = await drift()
    expect([found, complete]).toEqual([[], false])
  })
})
