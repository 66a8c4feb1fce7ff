import type { Problem } from '../platform/problem.ts'
import { wrongFilters } from './filter-form.ts'
import { type Html, html } from './html.ts'
import type { PageOperator } from './page-operator.ts'
import { page } from './page-parts.ts'

export interface FormAgain {
  /** The URL that the form was sent to. */
  action: string
  sent: Readonly<Record<string, readonly string[]>>
  errors: NonNullable<Problem['errors']>
  operator: PageOperator | null
}

/** Fields that a person fills in. The others are hidden and sent again unchanged. */
const LABELS: Readonly<Record<string, string>> = {
  reason: 'Reason',
  until: 'Until (UTC)',
  note: 'Note',
  link: 'Ticket',
  name: 'Name',
  label: 'Label',
  expires: 'Expires',
}

/** A refused form with the sent values and a message beside each wrong field, so that no text has to be typed again. */
export function formAgainPage({ action, sent, errors, operator }: FormAgain): Html {
  const wrong = new Map(errors.map(({ field, message }) => [field, message]))
  const names = [...new Set([...Object.keys(sent), ...wrong.keys()])].filter((name) => name in sent || name in LABELS)
  return page({
    title: 'Not saved',
    section: null,
    operator,
    content: html`<p class="crumb"><a href="${pageOf(action)}">Back to the page</a></p>
<h1>Not saved</h1>
${wrongFilters(wrong)}
<form class="card stacked" method="post" action="${action}">
${names.map((name) => field(name, sent[name] ?? [], wrong.get(name)))}
<button>Send again</button>
</form>`,
  })
}

function field(name: string, values: readonly string[], wrong: string | undefined): Html {
  const label = LABELS[name]
  if (label === undefined) return html`${values.map((value) => html`<input type="hidden" name="${name}" value="${value}">`)}`
  const state = wrong && html` aria-invalid="true" aria-describedby="wrong-${name}"`
  return html`<label>${label}<input name="${name}" value="${values.join(' ')}" autocomplete="off"${state}>${wrong && html`<small class="wrong" id="wrong-${name}">${wrong}</small>`}</label>`
}

/** `/issues/cause-1/mute` was sent from `/issues/cause-1`. */
function pageOf(action: string): string {
  return action.slice(0, action.lastIndexOf('/')) || '/'
}
