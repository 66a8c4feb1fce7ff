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
  /** Every condition that is given must hold. */
  match: z.strictObject({
    operation: z.enum([...OPERATION_NAMES, '*']).default('*'),
    /** The `ref_id` of the body; a `*` at the end stands for anything. */
    refId: z.string().optional(),
    /** Fields of the body, by path (`account.type`), that have exactly these values. */
    body: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    /** Only these of the calls that match otherwise, counted from 1. */
    nth: z.union([z.number().int().positive(), z.array(z.number().int().positive()).min(1)]).optional(),
    /** Only this share of them, drawn by the seed. */
    ratio: z.number().gt(0).max(1).optional(),
  }),
  do: z.array(StepSchema).min(1),
})

/** A day and a time of the story, counted from its start: `0d 09:30`. */
const StoryTime = z.string().regex(/^\d{1,3}d \d\d:\d\d$/, 'must look like 2d 09:30')

/**
 * A story to replay: the seed, the knobs, what becomes of which call, and what happens by itself when. The first rule that
 * matches a call decides on it; faults are asked where none does.
 */
export const RuleFileSchema = z.strictObject({
  seed: z.number().int().positive().optional(),
  /** Times of records are this one and then a millisecond more each, whatever the wall clock says: same calls, same bytes. */
  clock: z.iso.datetime('must be an RFC 3339 time in UTC').optional(),
  settings: SettingsSchema.partial().optional(),
  rules: z.array(RuleSchema).default([]),
  /** How many hours of the story pass in a second. 4: a week takes 42 s. */
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
