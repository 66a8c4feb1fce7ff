import type { AttemptRecord } from '../../ledger/read-attempts.ts'

/** An error code with its cause: `EFFECT_REFUSED (403 forbidden: scope missing)`. Null without an error. */
export function sayError({ errorCode, refusal }: { errorCode: string | null; refusal: AttemptRecord | null }): string | null {
  if (errorCode === null || refusal === null) return errorCode
  const { status, code, problemType, detail } = refusal
  const word = problemType?.split('/').filter(Boolean).at(-1) ?? code
  const answer = [status, word === 'about:blank' ? code : word].filter((part) => part !== null).join(' ')
  return `${errorCode} (${answer}${detail ? `: ${detail}` : ''})`
}
