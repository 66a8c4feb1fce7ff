import type { FastifyReply } from 'fastify'
import { printable } from '../platform/printable.ts'

/** Markup that is safe to send: every value in it is escaped. Only `html` creates it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A value in a template. Text and numbers are escaped and made printable; markup is kept; lists are joined; null, undefined and false print nothing. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[]

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Markup as a tagged template. Put attribute values in double quotes, because the escaping is safe only there and in text. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.reduce((text, part, at) => text + render(values[at - 1]) + part))
}

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(render).join('')
  return printable(String(value)).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

export function sendHtml(reply: FastifyReply, { text }: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text)
}
