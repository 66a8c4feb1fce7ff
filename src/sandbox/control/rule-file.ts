import { z } from 'zod'
import { OPERATION_NAMES } from '../api/operations.ts'
import { SettingsSchema } from './sandbox-settings.ts'

const delayMs = z.number().min(0).max(3_600_000)

/** One step as a rule file writes it: `"act"`, `{ "delay": 200 }`, `"forget"`, `{ "return": { "status": 504 } }`, `"drop"`, `"silence"`. */
const StepSchema = z.union([
  z.enum(['act', 'forget', 'drop', 'silence']),
  z.strictObject({ delay: delayMs }),
  z.strictObject({
    return: z.strictObject({
      status: z.number().int().min(200).max(599),
      detail: z.string().optional(),
      /** The whole body instead of a problem. */
      body: z.unknown().optional(),
      retryAfterSeconds: z.number().int().min(0).optional(),
    }),
  }),
])

const RuleSchema = z.strictObject({
  name: z.string().min(1),
  /** All given conditions must hold. */
  match: z.strictObject({
    operation: z.enum([...OPERATION_NAMES, '*']).default('*'),
    /** The `ref_id` of the body. A final `*` matches any rest. */
    refId: z.string().optional(),
    /** Exact values of fields of the body, by path (`account.type`). */
    body: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    /** Only these calls among those that match otherwise, counted from 1. */
    nth: z.union([z.number().int().positive(), z.array(z.number().int().positive()).min(1)]).optional(),
    /** Only this share of them, drawn from the seed. */
    ratio: z.number().gt(0).max(1).optional(),
  }),
  do: z.array(StepSchema).min(1),
})

/** A day and a time of the story, counted from its start: `0d 09:30`. */
const StoryTime = z.string().regex(/^\d{1,3}d \d\d:\d\d$/, 'must look like 2d 09:30')

/**
 * A story to replay: the seed, the settings, the rules for calls, and a timeline of control calls. The first rule that matches a call
 * decides on it. Faults apply when no rule matches.
 */
export const RuleFileSchema = z.strictObject({
  seed: z.number().int().positive().optional(),
  /** The first time of a record. Each further time is 1 ms later, independent of the wall clock: same calls, same bytes. */
  clock: z.iso.datetime('must be an RFC 3339 time in UTC').optional(),
  settings: SettingsSchema.partial().optional(),
  rules: z.array(RuleSchema).default([]),
  /** Hours of the story per second. 4: a week takes 42 s. */
  hoursPerSecond: z.number().positive().default(4),
  /** Control calls at their time: `{ "at": "1d 09:30", "control": "POST /markets/ALL", "body": { "buy": "TRADING_SUSPENDED" } }`. */
  timeline: z
    .array(
      z.strictObject({
        at: StoryTime,
        control: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/[\w/.-]+$/, 'must look like POST /markets/ALL'),
        body: z.unknown().optional(),
      }),
    )
    .default([]),
})
export type RuleFile = z.output<typeof RuleFileSchema>
export type Rule = RuleFile['rules'][number]

/** When an entry of the timeline is due, milliseconds after the story began. */
export function dueAfterMs(at: string, hoursPerSecond: number): number {
  const [, days = '0', hours = '0', minutes = '0'] = /^(\d+)d (\d\d):(\d\d)$/.exec(at) ?? []
  return ((Number(days) * 24 + Number(hours) + Number(minutes) / 60) / hoursPerSecond) * 1000
}
