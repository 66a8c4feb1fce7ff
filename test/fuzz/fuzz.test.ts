import { describe, expect, it, onTestFinished } from 'vitest'
import { runGatehouse } from '../load/run-gatehouse.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { runFuzz } from './run-fuzz.ts'

const WEBHOOK_KEY = 'a-webhook-key-of-the-fuzzer-01'
const OPERATOR_TOKEN = 'operator-token-of-the-fuzzer'
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_000)
const MEGABYTE = 1_048_576

describe('random requests to every route, at the log level debug', () => {
  it('F51, F67: get no 5xx, crash nothing, keep memory flat, and are accepted only as documented', { timeout: 900_000 }, async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const { receiverUrl, operatorUrl, output } = await runGatehouse({
      ...{
        DATABASE_URL: database.url,
        WEBHOOK_API_KEYS: WEBHOOK_KEY,
        OPERATOR_TOKEN,
        WORKER_PORT: '0',
        LOG_LEVEL: 'debug',
        PAXOS_BUDGET: 'off',
      },
    })
    const simulatorUrl = /Paxos simulator\s+(http:\/\/[^\s/]+)/.exec(output())?.[1] ?? null
    const addresses = { receiverUrl, operatorUrl, simulatorUrl, webhookKey: WEBHOOK_KEY, operatorToken: OPERATOR_TOKEN }
    const report = await runFuzz(addresses, { requests: REQUESTS, seed: 20_261_128 })
    const grown = (report.memory.after - report.memory.before) / MEGABYTE
    console.info(
      `fuzz: ${report.requests} requests in ${report.seconds} s, ${Math.round(grown)} MB grown, ${JSON.stringify(report.answers)}`,
    )
    expect(report.faults).toEqual([])
    expect(report.requests).toBe(REQUESTS)
    expect(grown).toBeLessThan(250) // caches and the heap of a fresh process; a leak per request shows in a long run
  })
})
