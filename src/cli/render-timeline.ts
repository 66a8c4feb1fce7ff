import { span } from '../operate/say/say-time.ts'
import { printableLine } from '../platform/printable.ts'

/** An onboarding with its timeline, from the use cases or from the operator API (where times are text). */
export interface Told {
  identityId: string
  refId: string | null
  state: string
  accountId: string | null
  profileId: string | null
  waitingFor: string | null
  outstanding: readonly string[]
  timeline: readonly { at: Date | string; source: 'ledger' | 'inbox'; sentence: string; actor: string }[]
}

/** One onboarding for a terminal: its state, then its timeline in UTC. */
export function renderTimeline({ identityId, refId, state, accountId, profileId, waitingFor, outstanding, timeline }: Told): string {
  const head = [
    `Onboarding ${identityId}: ${state.replaceAll('_', ' ')}`,
    ...(refId ? [`  ref_id   ${refId}`] : []),
    ...(accountId ? [`  account  ${accountId}`] : []),
    ...(profileId ? [`  profile  ${profileId}`] : []),
    ...outstanding.map((sentence) => `  paxos    ${sentence}`),
    ...(waitingFor ? [`  waiting  ${waitingFor}`] : []),
  ]
  return [...head, '', ...renderLines(timeline)].map(printableLine).join('\n')
}

function renderLines(timeline: Told['timeline']): string[] {
  const start = timeline[0] ? new Date(timeline[0].at) : null
  let day = ''
  return timeline.flatMap(({ at, source, sentence, actor }) => {
    const iso = new Date(at).toISOString()
    const heading = iso.startsWith(day) && day !== '' ? [] : [`  ${iso.slice(0, 10)} (UTC)`]
    day = iso.slice(0, 10)
    const since = start ? sinceStart(new Date(at).getTime() - start.getTime()) : ''
    const by = actor.startsWith('operator:') ? `  by ${actor.slice('operator:'.length)}` : ''
    return [...heading, `  ${iso.slice(11, 23)} ${since.padStart(9)}  ${source === 'inbox' ? '→' : '·'} ${sentence}${by}`]
  })
}

function sinceStart(ms: number): string {
  if (ms === 0) return ''
  if (ms < 1_000) return `+${ms} ms`
  return ms < 60_000 ? `+${(ms / 1_000).toFixed(1)} s` : `+${span(ms / 1_000)}`
}
