import { relativeTime, utcTime } from '../operate/say-time.ts'
import { type Html, type HtmlValue, html } from './html.ts'

/** What every page shows around its content. */
export interface Frame {
  title: string
  /** Which entry of the navigation is meant; null: none. */
  section: 'home' | 'onboardings' | 'events' | 'replays' | 'audit' | null
  /** Who is logged in; null on the login page. */
  operator: string | null
  /** The page takes a new look at itself every few seconds. */
  live?: boolean
  /** What stands in the search box. */
  searched?: string
  content: Html
}

const SECTIONS = [
  { section: 'home', path: '/', name: 'Home' },
  { section: 'onboardings', path: '/onboardings', name: 'Onboardings' },
  { section: 'events', path: '/events', name: 'Events' },
  { section: 'replays', path: '/replays', name: 'Replays' },
  { section: 'audit', path: '/audit', name: 'Audit' },
] as const

export function page({ title, section, operator, live = false, searched, content }: Frame, now: Date = new Date()): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Gatehouse</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/pages.css">
<script src="/assets/pages.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="bar">
<a class="brand" href="/">Gatehouse</a>
${operator && navigation(section)}
${operator && searchBox(searched)}
${operator && html`<form class="who" method="post" action="/logout"><span>${operator}</span><button class="quiet">Log out</button></form>`}
</div></header>
<div class="stale" role="alert" hidden></div>
<main id="main" ${live && html`data-live="4"`}>
${content}
${live && html`<p class="freshness">Last updated <time data-updated="${now.toISOString()}" datetime="${now.toISOString()}">${now.toISOString().slice(11, 19)} UTC</time><span data-without-script>. Without scripts, load the page again for a newer look.</span></p>`}
</main>
</body>
</html>
`
}

function navigation(current: Frame['section']): Html {
  return html`<nav aria-label="Pages">${SECTIONS.map(
    ({ section, path, name }) => html`<a href="${path}" ${section === current && html`aria-current="page"`}>${name}</a>`,
  )}</nav>`
}

/** On every page; the key / leads to it (pages.js). */
function searchBox(text: string | undefined): Html {
  return html`<form class="find" method="get" action="/find" role="search">
<input type="search" name="q" value="${text}" maxlength="300" required aria-label="Find by id or key" placeholder="id, ref_id, key, webhook-id" data-find>
<button class="quiet">Find</button></form>`
}

export interface Column {
  name: string
  /** Numbers stand to the right. */
  numeric?: boolean
}

/** A table that becomes a stack of cards on a phone, where each cell carries the name of its column. */
export function dataTable(caption: string, columns: readonly (Column | string)[], rows: readonly (readonly HtmlValue[])[]): Html {
  const heads = columns.map((column) => (typeof column === 'string' ? { name: column } : column))
  return html`<table><caption class="hidden">${caption}</caption>
<thead><tr>${heads.map(({ name, numeric }) => html`<th scope="col" ${numeric && html`class="number"`}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, at) => html`<td data-label="${heads[at]?.name}" ${heads[at]?.numeric && html`class="number"`}>${cell}</td>`)}</tr>`,
  )}</tbody></table>`
}

/** Names and values. What has no value is left out. */
export function facts(rows: readonly (readonly [string, HtmlValue])[]): Html {
  return html`<dl class="facts">${rows
    .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** The state as a coloured word: the colour repeats what the word says. */
export function badge(state: string): Html {
  return html`<span class="badge ${state}">${state.replaceAll('_', ' ')}</span>`
}

/** A moment in UTC, with how long ago that is. */
export function moment(at: Date | null, now: Date): Html | null {
  return (
    at &&
    html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${utcTime(at)} <small>${relativeTime(at, now)}</small></time>`
  )
}

/** A whole id, easy to select; shortened only where it is a link that leads to it. */
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

/** What an empty list says: that it is empty, and what to do about it. */
export function emptyState(title: string, content: HtmlValue): Html {
  return html`<div class="empty"><p><strong>${title}</strong></p><p>${content}</p></div>`
}

/** The link to the rest of a list, with the filters that are in force. */
export function morePages(path: string, filters: Readonly<Record<string, string | undefined>>, nextCursor: string | null): Html | null {
  return nextCursor === null
    ? null
    : html`<p class="more"><a class="button" href="${linkTo(path, { ...filters, cursor: nextCursor })}">Older</a></p>`
}

export function linkTo(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** A choice among words, with the empty one in front. */
export function select(
  name: string,
  { label, words, chosen }: { label: string; words: readonly string[]; chosen: string | undefined },
): Html {
  return html`<label>${label}<select name="${name}"><option value="">any</option>${words.map(
    (word) => html`<option value="${word}" ${word === chosen && html`selected`}>${word.replaceAll('_', ' ')}</option>`,
  )}</select></label>`
}
