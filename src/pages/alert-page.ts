import type { AlertChannelView, AlertStatus, AlertTest, IncidentView } from '../operate/alerts/alerts.ts'
import { sayChannel } from '../operate/alerts/say-channel.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type Html, html } from './html.ts'
import { offer, type PageOperator } from './page-operator.ts'
import { badge, command, dataTable, emptyState, moment, notice, page } from './page-parts.ts'

/** The channels for alerts, a form that tests them, and the incidents. `tests`: what the channels answered just now. */
export function alertPage(
  { channels, quiet, incidents }: AlertStatus,
  { operator, now, tests = [] }: { operator: PageOperator; now: Date; tests?: readonly AlertTest[] },
): Html {
  return page({
    title: 'Alerts',
    section: null,
    operator,
    content: html`<p class="crumb"><a href="/">Home</a></p>
<h1>Alerts</h1>
${tests.map(({ channel, delivered, answer, tookMs }) =>
  notice(
    delivered ? 'good' : 'bad',
    html`<strong>${channel}: ${delivered ? 'accepted the test' : 'did not accept the test'}</strong>${answer && ` (${answer})`} in ${tookMs} ms.`,
  ),
)}
${quiet && notice('plain', 'Quiet hours: only critical alerts go out.')}
<section class="card"><h2>Channels</h2>${channelLines(channels, now)}
${
  channels.some(({ configured }) => configured) &&
  offer(
    operator,
    'notice.test',
    () => html`<form class="inline" method="post" action="/alerts/test"><button>Send a test</button></form>
<p class="hint">The audit records your name with each test.</p>`,
  )
}</section>
<h2>Incidents</h2>
${incidents.length > 0 ? incidentTable(incidents, now) : emptyState('No incident was reported.', html`A problem of the <a href="/">home page</a> that lasts becomes an incident.`)}
${command(`${GATEHOUSE} alert list`)}`,
  })
}

/** One line per channel, for this page and the home page. */
export function channelLines(channels: readonly AlertChannelView[], now: Date): Html {
  if (channels.length === 0)
    return html`<p>No channel is configured, so Gatehouse alerts no person. Set <code>ALERT_WEBHOOK_URL</code> or <code>ALERT_SMTP_URL</code>.</p>`
  return html`<ul class="lines">${channels.map((channel) => html`<li>${channel.failingSince && badge('failing')} ${sayChannel(channel, now)}</li>`)}</ul>`
}

function incidentTable(incidents: readonly IncidentView[], now: Date): Html {
  const rows = incidents.map(({ state, severity, kind, sentence, openedAt, closedAt, key }) => [
    badge(state),
    severity,
    html`<code>${kind}</code><span class="sentence">${sentence}</span>`,
    moment(openedAt, now),
    moment(closedAt, now) ?? '',
    html`<code>${key}</code>`,
  ])
  return dataTable('Incidents', ['State', 'Severity', 'Problem', 'Opened', 'Resolved', 'Key'], rows)
}
