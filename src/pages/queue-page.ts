import { sayPause } from '../operate/queue-pause.ts'
import type { QueueStatus } from '../operate/use-cases.ts'
import { type Html, html } from './html.ts'
import { facts, notice, page } from './page-parts.ts'
import { problemList } from './problem-list.ts'

/** The queue: stop it, let it go on, build it anew, each with a reason. */
export function queuePage(status: QueueStatus, { operator, now }: { operator: string; now: Date }): Html {
  const { queue, pause, inbox, problems } = status
  return page({
    title: 'Queue',
    section: null,
    operator,
    live: true,
    content: html`<p class="crumb"><a href="/">Home</a></p>
<h1>Queue</h1>
${pause ? notice('warn', html`<strong>${sayPause(pause, now)}.</strong> Webhooks are accepted; no job is handed out.`) : notice('good', 'The queue hands out jobs.')}
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
<p class="hint">Events that arrived together share a job. The inbox in Postgres knows what is unfinished, whatever the queue loses.</p></section>
${pause ? act('resume', 'Resume', 'Jobs are handed out again.') : act('pause', 'Pause', 'Jobs under way are finished; no further one is handed out. Webhooks are still accepted.')}
${act('rebuild', 'Rebuild', 'Empties the queue and fills it again from the inbox. Nothing is lost or done twice.')}`,
  })
}

function act(verb: 'pause' | 'resume' | 'rebuild', title: string, effect: string): Html {
  return html`<form class="card stacked" method="post" action="/queue/${verb}"><h2>${title}</h2>
<p>${effect}</p>
<label>Reason<input name="reason" required minlength="3" maxlength="500" placeholder="what for, and the ticket" autocomplete="off"></label>
<p class="hint">Your name and the reason are in the audit before it acts.</p>
<button>${title}</button></form>`
}
