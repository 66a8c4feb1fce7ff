import { relativeTime, utcTime } from '../operate/say/say-time.ts'
import { type Html, type HtmlValue, html } from './html.ts'
import { may, type PageOperator } from './page-operator.ts'

/** Title, navigation and login state around a page's content. */
export interface Frame {
  title: string
  /** The current entry of the navigation; null: none. */
  section: 'home' | 'onboardings' | 'events' | 'issues' | 'replays' | 'reconciliations' | 'proof' | 'audit' | 'operators' | null
  /** The operator who is logged in; null on the login page. */
  operator: PageOperator | null
  /** The page refreshes every 4 s. */
  live?: boolean
  /** The page to which the browser goes on by itself. */
  goTo?: string
  /** The text in the search box. */
  searched?: string
  content: Html
}

const SECTIONS = [
  { section: 'home', path: '/', name: 'Home', permission: 'status.read' },
  { section: 'onboardings', path: '/onboardings', name: 'Onboardings', permission: 'customer.read' },
  { section: 'events', path: '/events', name: 'Events', permission: 'event.read' },
  { section: 'issues', path: '/issues', name: 'Issues', permission: 'event.read' },
  { section: 'replays', path: '/replays', name: 'Replays', permission: 'event.read' },
  { section: 'reconciliations', path: '/reconciliations', name: 'Reconcile', permission: 'proof.read' },
  { section: 'proof', path: '/proof', name: 'Proof', permission: 'proof.read' },
  { section: 'audit', path: '/audit', name: 'Audit', permission: 'audit.read' },
  { section: 'operators', path: '/operators', name: 'Operators', permission: 'operator.manage' },
] as const

export function page({ title, section, operator, live = false, goTo, searched, content }: Frame, now: Date = new Date()): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${goTo && html`<meta http-equiv="refresh" content="0;url=${goTo}">`}
<title>${title} · Gatehouse</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/pages.css">
<script src="/assets/pages.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="bar">
<a class="brand" href="/">Gatehouse</a>
${operator && navigation(section, operator)}
${operator && searchBox(searched)}
${operator && html`<form class="who" method="post" action="/logout"><span title="your role">${operator.name} <small>${operator.role}</small></span><button class="quiet">Log out</button></form>`}
</div></header>
<div class="stale" role="alert" hidden></div>
<main id="main" ${live && html`data-live="4"`}>
${content}
${live && html`<p class="freshness">Last updated <time data-updated="${now.toISOString()}" datetime="${now.toISOString()}">${now.toISOString().slice(11, 19)} UTC</time><span data-without-script>. Scripts are off: reload the page to update it.</span></p>`}
</main>
</body>
</html>
`
}

/** The pages that the operator may open. */
function navigation(current: Frame['section'], operator: PageOperator): Html {
  return html`<nav aria-label="Pages">${SECTIONS.filter(({ permission }) => may(operator, permission)).map(
    ({ section, path, name }) => html`<a href="${path}" ${section === current && html`aria-current="page"`}>${name}</a>`,
  )}</nav>`
}

/** The search box of every page. The key / focuses it (pages.js). */
function searchBox(text: string | undefined): Html {
  return html`<form class="find" method="get" action="/find" role="search" aria-label="Find">
<input type="search" name="q" value="${text}" maxlength="300" required aria-label="Find by id or key" placeholder="id, ref_id, key, webhook-id" data-find>
<button class="quiet">Find</button></form>`
}

export interface Column {
  name: string
  /** Numbers are aligned to the right. */
  numeric?: boolean
}

/** A table. On a phone each row becomes a card, and each cell shows the name of its column. */
export function dataTable(caption: string, columns: readonly (Column | string)[], rows: readonly (readonly HtmlValue[])[]): Html {
  const heads = columns.map((column) => (typeof column === 'string' ? { name: column } : column))
  return html`<table><caption class="hidden">${caption}</caption>
<thead><tr>${heads.map(({ name, numeric }) => html`<th scope="col" ${numeric && html`class="number"`}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, at) => html`<td data-label="${heads[at]?.name}" ${heads[at]?.numeric && html`class="number"`}>${cell}</td>`)}</tr>`,
  )}</tbody></table>`
}

/** Names and values. A name without a value is left out. */
export function facts(rows: readonly (readonly [string, HtmlValue])[]): Html {
  return html`<dl class="facts">${rows
    .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** The state as a coloured word. The word alone is enough: colour only repeats it. */
export function badge(state: string): Html {
  return html`<span class="badge ${state}">${state.replaceAll('_', ' ')}</span>`
}

/** A time in UTC with its age. */
export function moment(at: Date | null, now: Date): Html | null {
  return (
    at &&
    html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${utcTime(at)} <small>${relativeTime(at, now)}</small></time>`
  )
}

/** A full id that one click selects. Ids are shortened only in links. */
export function shortId(id: string): string {
  return `${id.slice(0, 8)}…`
}

/** A command to copy: one click selects it all; with JavaScript a button copies it. */
export function command(text: string): Html {
  return html`<div class="command"><code>${text}</code><button type="button" class="quiet" data-copy="${text}" hidden>Copy</button></div>`
}

export function notice(kind: 'good' | 'warn' | 'bad' | 'plain', content: HtmlValue): Html {
  return html`<div class="notice ${kind}">${content}</div>`
}

/** An empty list: says that it is empty, and the next action. */
export function emptyState(title: string, content: HtmlValue): Html {
  return html`<div class="empty"><p><strong>${title}</strong></p><p>${content}</p></div>`
}

/** The link to the next page of a list, with the current filters. */
export function morePages(path: string, filters: Readonly<Record<string, string | undefined>>, nextCursor: string | null): Html | null {
  return nextCursor === null
    ? null
    : html`<p class="more"><a class="button" href="${linkTo(path, { ...filters, cursor: nextCursor })}">Older</a></p>`
}

/** The link to the whole list as a CSV file, with the current filters. */
export function exportLink(list: string, filters: Readonly<Record<string, string | undefined>>): Html {
  return html`<p class="hint"><a href="${linkTo(`/export/${list}`, filters)}" download>Export as CSV</a></p>`
}

export function linkTo(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}
