import { describe, expect, it } from 'vitest'
import { runSchedule } from './model-run.ts'

/** `PROPERTY_RUNS=5000000` for a long run. `PROPERTY_SEED` starts elsewhere, or repeats a failed schedule with `PROPERTY_RUNS=1`. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 100_000)
const FIRST_SEED = Number(process.env.PROPERTY_SEED ?? 1)
const MOST_SHOWN = 5

describe('with calls, crashes, losses and replays in any order', () => {
  it(`Gatehouse keeps the promise in ${RUNS} schedules`, { timeout: Math.max(120_000, RUNS * 3) }, async () => {
    const stackTraceLimit = Error.stackTraceLimit
    Error.stackTraceLimit = 0 // a schedule throws many errors, and reads no stack
    try {
      const failures: string[] = []
      const states: Record<string, number> = {}
      let repeats = 0
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS && failures.length < MOST_SHOWN; seed += 1) {
        const outcome = await runSchedule(seed)
        states[outcome.state] = (states[outcome.state] ?? 0) + 1
        repeats += outcome.repeats
        if (outcome.violations.length > 0) failures.push(`PROPERTY_SEED=${seed} PROPERTY_RUNS=1: ${outcome.violations.join('; ')}`)
      }
      expect(failures).toEqual([])
      console.log(`${RUNS} schedules from seed ${FIRST_SEED}, repeats under one key after troubles: ${repeats}`, states)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })
})
