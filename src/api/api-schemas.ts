import { z } from 'zod'
import { ACCOUNT_SCHEMAS } from './account-schemas.ts'
import { ALERT_SCHEMAS } from './alert-schemas.ts'
import { CHANGE_SCHEMAS } from './change-schemas.ts'
import { CLOCK_SCHEMAS } from './clock-schemas.ts'

import { DEPOSIT_SCHEMAS } from './deposit-schemas.ts'
import { DOCUMENT_SCHEMAS } from './document-schemas.ts'
import { DUPLICATE_SCHEMAS } from './duplicate-schemas.ts'
import { EVENT_SCHEMAS } from './event-schemas.ts'
import { FindAnswer } from './find-schemas.ts'
import { IMPORT_SCHEMAS } from './import-schemas.ts'
import { ISSUE_SCHEMAS } from './issue-schemas.ts'
import { MEMBER_SCHEMAS } from './member-schemas.ts'
import { Notification } from './notification-schema.ts'
import { ONBOARDING_SCHEMAS } from './onboarding-schemas.ts'
import { OPERATOR_SCHEMAS } from './operator-schemas.ts'
import { ORDER_SCHEMAS } from './order-schemas.ts'
import { PRIVACY_SCHEMAS } from './privacy-schemas.ts'
import { PROOF_SCHEMAS } from './proof-schemas.ts'
import { QUOTE_SCHEMAS } from './quote-schemas.ts'
import { RECONCILIATION_SCHEMAS } from './reconciliation-schemas.ts'
import { REPLAY_SCHEMAS } from './replay-schemas.ts'
import { STATS_SCHEMAS } from './stats-schemas.ts'
import { TRANSFER_SCHEMAS } from './transfer-schemas.ts'

const ProblemDocument = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('Stable; docs/errors.md explains each.'),
  errors: z
    .array(
      z.strictObject({
        field: z.string(),
        message: z.string(),
        suggestion: z.string().optional().describe('The value in ASCII letters.'),
      }),
    )
    .optional(),
})

/** The operator API's responses as JSON: the source of its OpenAPI document. Tests check responses against them. */
export const API_SCHEMAS = {
  ...ONBOARDING_SCHEMAS,
  ...CHANGE_SCHEMAS,
  ...DUPLICATE_SCHEMAS,
  ...DOCUMENT_SCHEMAS,
  ...EVENT_SCHEMAS,
  ...IMPORT_SCHEMAS,
  ...ISSUE_SCHEMAS,
  ...REPLAY_SCHEMAS,
  ...STATS_SCHEMAS,
  ...PROOF_SCHEMAS,
  ...ACCOUNT_SCHEMAS,
  ...ORDER_SCHEMAS,
  ...QUOTE_SCHEMAS,
  ...DEPOSIT_SCHEMAS,
  ...MEMBER_SCHEMAS,
  ...TRANSFER_SCHEMAS,
  ...RECONCILIATION_SCHEMAS,
  ...ALERT_SCHEMAS,
  ...CLOCK_SCHEMAS,
  ...PRIVACY_SCHEMAS,
  ...OPERATOR_SCHEMAS,
  FindAnswer,
  ExportedRows: z.string().describe('CSV with a head line, or with format=jsonl one JSON object per line.'),
  DossierText: z
    .string()
    .describe('Markdown, or with format=csv one table with the columns section, at, until, kind, subject, count, detail.'),
  Problem: ProblemDocument,
  Notification,
} satisfies Record<string, z.ZodType>
export type ApiSchemaName = keyof typeof API_SCHEMAS
