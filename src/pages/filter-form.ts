import { type Html, html } from './html.ts'
import { notice } from './page-parts.ts'

/** One filter of a list: a choice from fixed words, or free text. */
export interface FilterField {
  name: string
  label: string
  words?: readonly string[]
  placeholder?: string
  maxlength?: number
  wide?: boolean
}

/** The values exactly as the browser sent them, so that the reader corrects a wrong value in its field. */
export type Sent = Readonly<Record<string, string | undefined>>

/** The filter form of a list. A field with an error keeps its value and shows the message. */
export function filterForm(
  action: string,
  fields: readonly FilterField[],
  { sent, wrong }: { sent: Sent; wrong: ReadonlyMap<string, string> },
): Html {
  return html`<form class="filters" method="get" action="${action}" role="search" aria-label="Filter">
${fields.map((field) => filterField(field, sent[field.name], wrong.get(field.name)))}
<button>Show</button>
</form>`
}

function filterField(
  { name, label, words, placeholder, maxlength = 200, wide }: FilterField,
  value: string | undefined,
  wrong: string | undefined,
): Html {
  const state = wrong && html` aria-invalid="true" aria-describedby="wrong-${name}"`
  const input = words
    ? html`<select name="${name}"${state}><option value="">any</option>${words.map(
        (word) => html`<option value="${word}" ${word === value && html`selected`}>${word.replaceAll('_', ' ')}</option>`,
      )}</select>`
    : html`<input name="${name}" value="${value}" placeholder="${placeholder}" maxlength="${maxlength}"${state}>`
  return html`<label ${wide && html`class="wide"`}>${label}${input}${wrong && html`<small class="wrong" id="wrong-${name}">${wrong}</small>`}</label>`
}

/** Replaces the list when a filter is wrong. */
export function wrongFilters(wrong: ReadonlyMap<string, string>): Html {
  const said = [...wrong].map(([name, message]) => `${name} ${message}`).join('; ')
  return html`<div role="alert">${notice('bad', `${said}.`)}</div>`
}
