import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createUnknownWatch } from '../../src/saga/unknown-watch.ts'

function start() {
  let nowMs = 0
  const lines: { level: number; events: number; keySlot: string; msg: string }[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line)) } })
  const metrics = new Registry()
  const watch = createUnknownWatch({ logger, metrics, now: () => nowMs })
  const pass = (ms: number): void => {
    nowMs += ms
  }
  return { watch, lines, metrics, pass }
}

describe('events that Paxos does not know', () => {
  it('F50: give one log line for many, and one alarm a minute for the webhook key that brings them', async () => {
    const { watch, lines, metrics, pass } = start()
    for (let event = 0; event < 10_000; event += 1) {
      watch.parked('api-key-ab12cd34')
      pass(5)
    }
    const alarms = lines.filter(({ level }) => level >= 50)
    expect(alarms).toMatchObject([{ events: 100, keySlot: 'api-key-ab12cd34' }])
    expect(lines.length - alarms.length).toBeLessThanOrEqual(11)
    expect(await metrics.metrics()).toContain('gatehouse_unknown_events_total{key_slot="api-key-ab12cd34"} 10000')
  })

  it('raise no alarm when a key brings few', () => {
    const { watch, lines, pass } = start()
    for (let event = 0; event < 200; event += 1) {
      watch.parked(null)
      pass(1_000)
    }
    expect(lines.filter(({ level }) => level >= 50)).toEqual([])
  })
})
