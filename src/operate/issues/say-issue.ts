import type { Issue } from '../../inbox/read-issues.ts'
import { counted } from '../say/counted.ts'
import { utcTime } from '../say/say-time.ts'

/** `NOTICE_REFUSED: send-notification, notify answered 400`. */
export function sayCause({
  code,
  effectKind,
  operation,
  status,
  problemType,
}: Pick<Issue, 'code' | 'effectKind' | 'operation' | 'status' | 'problemType'>): string {
  const answer = operation && (status === null ? operation : `${operation} answered ${status}`)
  const kind = problemType === 'about:blank' ? null : problemType?.split('/').at(-1)
  const how = [effectKind, answer, kind].filter((part) => part)
  return how.length > 0 ? `${code}: ${how.join(', ')}` : code
}

/** `4 dead, 2 parked, 1 unfinished`; `at least 10,001` where more were not counted. */
export function sayFailures({ parked, dead, unfinished, atLeast }: Pick<Issue, 'parked' | 'dead' | 'unfinished' | 'atLeast'>): string {
  const parts = [
    [dead, 'dead'],
    [parked, 'parked'],
    [unfinished, 'unfinished'],
  ] as const
  const said = parts.filter(([count]) => count > 0).map(([count, state]) => `${count.toLocaleString('en')} ${state}`)
  if (said.length === 0) return 'none left'
  return atLeast ? `at least ${said.join(', ')}` : said.join(', ')
}

/** The decision, its operator and the reason; null: none. */
export function sayTreatment(issue: Issue): string | null {
  const { treatedBy, treatedAt, reason, state, reopened, mutedUntil, sinceTreated } = issue
  if (treatedBy === null || treatedAt === null) return null
  const who = `by ${treatedBy} at ${utcTime(treatedAt)}: ${reason}`
  if (reopened) return `Resolved ${who}. ${counted(sinceTreated, 'event')} failed since.`
  if (state === 'muted' && mutedUntil)
    return `Muted until ${utcTime(mutedUntil)} ${who}. ${counted(sinceTreated, 'event')} failed since and ${sinceTreated === 1 ? 'is' : 'are'} not on the home page.`
  if (mutedUntil) return `Muted ${who}. The mute ended at ${utcTime(mutedUntil)}.`
  if (state === 'resolved') return `Resolved ${who}. Nothing failed since.`
  return `${state === 'acknowledged' ? 'Acknowledged' : 'Opened again'} ${who}.`
}
