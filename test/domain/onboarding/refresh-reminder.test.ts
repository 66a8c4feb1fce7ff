import { describe, expect, it } from 'vitest'
import {
  type KycRefresh,
  REMINDER_DAYS,
  refreshEndsAt,
  reminderDueAt,
  withEnd,
  withReminder,
} from '../../../src/domain/onboarding/refresh-reminder.ts'

const DAY_MS = 86_400_000
const START = Date.parse('2026-03-01T12:00:00Z')
const END = START + 30 * DAY_MS

describe('A38, A39: the reminders of a KYC refresh', () => {
  it('are decided once each, 14, 7 and 1 days before the end, when 30 days pass hour by hour', () => {
    let known: KycRefresh = withEnd(null, END, START)
    const told: [number, number | null][] = []
    for (let now = START; now <= END + 5 * DAY_MS; now += 3_600_000) {
      const next = withReminder(known, now)
      if (next === null) continue
      known = next
      told.push([(END - now) / DAY_MS, next.reminded])
    }
    expect(told).toEqual([
      [14, 14],
      [7, 7],
      [1, 1],
    ])
  })

  it('leave out what an outage has overtaken, and end with the refresh', () => {
    const known = withEnd(null, END, START)
    expect(withReminder(known, END - 6 * DAY_MS)?.reminded).toBe(7)
    expect(withReminder(known, END)).toBeNull()
  })

  it('leave out what is due when the refresh becomes known', () => {
    const late = withEnd(null, END, END - 5 * DAY_MS)
    expect(late.reminded).toBe(7)
    expect(withReminder(late, END - 5 * DAY_MS)).toBeNull()
    expect(withReminder(late, END - DAY_MS)?.reminded).toBe(1)
  })

  it('begin again with a later refresh, and stay with an event that was delivered late', () => {
    const known: KycRefresh = { endsAt: new Date(END).toISOString(), reminded: 1 }
    expect(withEnd(known, END - DAY_MS, START)).toBe(known)
    expect(withEnd(known, END + 300 * DAY_MS, END)).toEqual({ endsAt: new Date(END + 300 * DAY_MS).toISOString(), reminded: null })
  })

  it('are due at their days', () => {
    expect(REMINDER_DAYS.map((days) => (END - reminderDueAt(END, days)) / DAY_MS)).toEqual([14, 7, 1])
  })
})

describe('the end of a KYC refresh', () => {
  const createdAt = '2026-03-01T12:00:00.123456789Z'
  it.each([
    ['2026-03-11T00:00:00Z', '2026-03-11T00:00:00.000Z'],
    ['2026-02-11T00:00:00Z', '2026-03-31T12:00:00.123Z'],
    ['soon', '2026-03-31T12:00:00.123Z'],
    [null, '2026-03-31T12:00:00.123Z'],
  ])('named as %s is %s', (nextKycRefreshDate, ends) => {
    expect(new Date(refreshEndsAt({ createdAt, nextKycRefreshDate })).toISOString()).toBe(ends)
  })
})
