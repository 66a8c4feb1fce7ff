import { z } from 'zod'
import { httpUrl, list, positive, signingSecret } from './value-schemas.ts'

/** `22:00-06:00` as minutes after midnight; the window may pass midnight. */
const quietHours = z.string().transform((text, context): { fromMinute: number; toMinute: number } => {
  const times = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text)?.slice(1).map(Number)
  const [fromHour = 0, from = 0, toHour = 0, to = 0] = times ?? []
  const window = { fromMinute: fromHour * 60 + from, toMinute: toHour * 60 + to }
  if (times && window.fromMinute !== window.toMinute) return window
  context.addIssue('must be two different times in UTC such as 22:00-06:00')
  return z.NEVER
})
const mailbox = z.string().regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, 'must be a mail address such as gatehouse@example.com')
const smtpUrl = z
  .url({ protocol: /^smtps?$/, message: 'must be an smtp:// or smtps:// URL' })
  .refine((text) => URL.canParse(text) && new URL(text).search === '', 'must not have a query: TLS and timeouts cannot be changed')

/** Where problems are reported to operators, which ones, and when. */
export const ALERT = {
  ALERT_WEBHOOK_URL: httpUrl.optional(),
  ALERT_WEBHOOK_SECRET: signingSecret('must be a Standard Webhooks secret: whsec_ and at least 24 bytes in base64').optional(),
  ALERT_SMTP_URL: smtpUrl.optional(),
  ALERT_EMAIL_FROM: mailbox.optional(),
  ALERT_EMAIL_TO: list.pipe(z.array(mailbox).min(1, 'must name at least one address').max(20, 'may name at most 20 addresses')).optional(),
  ALERT_SEVERITY: z.enum(['fault', 'warning'], 'must be fault or warning').default('fault'),
  ALERT_AFTER_SECONDS: positive.max(86_400, 'must be at most 86400').default(60),
  ALERT_QUIET_HOURS: quietHours.optional(),
  ALERT_HEARTBEAT_MINUTES: z
    .union([z.literal('off'), positive.max(1_440, 'must be at most 1440')], 'must be a whole number from 1 to 1440, or off')
    .transform((minutes) => (minutes === 'off' ? null : minutes))
    .default(60),
  ALERT_RUNBOOK_URL: httpUrl.optional(),
}
