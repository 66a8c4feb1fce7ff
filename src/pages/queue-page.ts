import { sayPause } from '../operate/queue/queue-pause.ts'
import { LONGEST_REASON, SHORTEST_REASON } from '../operate/replay/replay-request.ts'
import type { QueueStatus } from '../operate/use-cases.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { facts, notice, page } from './page-parts.ts'
import { problemList } from './problem-list.ts'

/** The queue: its counts, and forms to pause, resume and rebuild it, each with a reason. */
export function queuePage(status: QueueStatus, { operator, now }: { operator: PageOperator; now: Date }): Html {
  const { queue, pause, inbox, problems } = status
  return page({
    title: 'Queue',
    section: null,
    operator,
    live: true,
    content: html`<p class="crumb"><a href="/">Home</a></p>
<h1>Queue</h1>
${pause ? notice('warn', html`<strong>${sayPause(pause, now)}.</strong> The receiver still accepts webhooks; workers get no jobs.`) : notice('good', 'Running: workers get jobs.')}
${
  problems.some(({ kind }) => kind !== 'queue-paused') &&
  problemList(
    problems.filter(({ kind }) => kind !== 'queue-paused'),
    now,
  )
}
<section class="card">${facts([
      ['Jobs waiting', queue.waiting],
      ['Jobs active', queue.active],
      ['Jobs delayed', queue.delayed],
      ['Events unfinished', html`<a href="/events?state=accepted">${inbox.accepted}</a>`],
    ])}
<p class="hint">Events that arrived together share a job. Postgres holds every unfinished event, so a lost queue can be rebuilt.</p></section>
${offer(operator, 'queue.steer', () => acts(pause !== null))}`,
  })
}

function acts(paused: boolean): Html {
  return html`${paused ? act('resume', 'Resume', 'Workers get jobs again.') : act('pause', 'Pause', 'Workers finish their current jobs and get no new ones. The receiver still accepts webhooks.')}
${act('rebuild', 'Rebuild', 'Empties the queue and fills it again from the inbox. No event is lost or processed twice.')}`
}

function act(verb: 'pause' | 'resume' | 'rebuild', title: string, effect: string): Html {
  return html`<form class="card stacked" method="post" action="/queue/${verb}"><h2>${title}</h2>
<p>${effect}</p>
<label>Reason<input name="reason" required minlength="${SHORTEST_REASON}" maxlength="${LONGEST_REASON}" placeholder="why, and the ticket" autocomplete="off"></label>
<p class="hint">The audit records your name and the reason before the action runs.</p>
<button>${title}</button></form>`
}
