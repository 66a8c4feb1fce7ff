// The buttons of the simulator's page: each calls the control API, says what came of it, and reads the figures again.
const REFRESH_MS = 2_000
const VERDICTS = ['approve', 'deny', 'documents', 'disable', 'enable', 'error']
const $ = (id) => document.getElementById(id)

async function call(method, path, body) {
  const answer = await fetch(`/_sandbox${path}`, {
    method,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const result = await answer.json()
  if (!answer.ok) throw new Error(result.detail ?? `The simulator answered ${answer.status}.`)
  return result
}

async function press(label, method, path, body) {
  const notice = $('notice')
  try {
    await call(method, path, body)
    notice.className = ''
    notice.textContent = `Done: ${label}`
  } catch (error) {
    notice.className = 'bad'
    notice.textContent = `${label}: ${error.message}`
  }
  await refresh()
}

function element(tag, text, properties = {}) {
  return Object.assign(document.createElement(tag), { textContent: text ?? '' }, properties)
}

function row(cells) {
  const line = document.createElement('tr')
  for (const cell of cells) {
    const data = document.createElement('td')
    data.append(cell instanceof Node ? cell : String(cell ?? ''))
    line.append(data)
  }
  return line
}

function showFigures({ seed, webhook, deliveries, identities, accounts, events, orders, executions }) {
  const target = webhook ? `${webhook.url}${webhook.paused ? ' (paused)' : ''}` : 'none'
  const figures = {
    Identities: identities,
    Accounts: accounts,
    Orders: `${orders.total}, ${orders.open} open`,
    Executions: executions,
    Events: events,
    'Webhook target': target,
    'Deliveries waiting': deliveries.ready + deliveries.held + deliveries.waiting + deliveries.inFlight,
    Seed: seed,
  }
  $('figures').replaceChildren(...Object.entries(figures).flatMap(([name, value]) => [element('dt', name), element('dd', value)]))
}

function showFaults(faults) {
  const items = faults.map(({ id, fault, left }) => {
    const item = element('li', `${fault.do} on ${fault.on}${left === null ? '' : `, ${left} more`} `)
    item.append(element('button', 'Disarm', { onclick: () => press('fault disarmed', 'DELETE', `/faults/${id}`) }))
    return item
  })
  $('faults').replaceChildren(...(items.length > 0 ? items : [element('li', 'none')]))
}

function showPeople(people) {
  $('people').replaceChildren(
    ...people.map(({ id, refId, status, profiles }) => {
      const decide = document.createElement('span')
      for (const verdict of VERDICTS) {
        const decided = () => press(`${verdict} ${refId ?? id}`, 'POST', `/identities/${id}/decide`, { verdict })
        decide.append(element('button', verdict, { onclick: decided }))
      }
      return row([
        element('span', id, { className: 'id' }),
        refId,
        status,
        decide,
        element('span', profiles.join(' '), { className: 'id' }),
      ])
    }),
  )
}

function showOrders(orders) {
  $('orders').replaceChildren(
    ...orders.map(({ id, refId, market, side, status, filled }) =>
      row([element('span', id, { className: 'id' }), refId, market, side, status, filled]),
    ),
  )
}

function showKnobs(settings) {
  const form = $('knobs')
  if (form.contains(document.activeElement)) return
  form.replaceChildren(
    ...Object.entries(settings).map(([name, value]) => {
      const input = element('input', '', { value: typeof value === 'string' ? value : JSON.stringify(value) })
      input.addEventListener('change', () =>
        press(`${name} = ${input.value}`, 'PATCH', '/settings', { [name]: knobValue(input.value, value) }),
      )
      const label = element('label', name)
      label.append(input)
      return label
    }),
  )
}

/** What was typed, as the kind that the knob has; what is no JSON stays a text, and the simulator says what is wrong with it. */
function knobValue(typed, before) {
  if (typeof before === 'string' && !typed.startsWith('{')) return typed
  try {
    return JSON.parse(typed)
  } catch {
    return typed
  }
}

function showStory({ rules, timeline }) {
  if (rules.length === 0 && timeline.left === 0) $('story').textContent = 'No rule file is loaded.'
  else {
    const struck = rules.map(({ name, struck: times }) => `${name}: ${times}`).join('; ')
    $('story').textContent =
      `${timeline.done.length} of ${timeline.done.length + timeline.left} entries of the timeline are done. ${struck}`
  }
}

function showLog(entries) {
  $('log').replaceChildren(
    ...entries.map(({ kind, seq: _seq, atMs, ...rest }) => {
      const facts = Object.values(rest)
        .filter((value) => value !== null)
        .join(' ')
      return element('li', `${new Date(atMs).toLocaleTimeString()} ${kind} ${facts}`)
    }),
  )
}

async function refresh() {
  const [state, recent, story] = await Promise.all([call('GET', '/state'), call('GET', '/recent'), call('GET', '/story')])
  showFigures(state)
  showFaults(state.faults)
  showKnobs(state.settings)
  showPeople(recent.people)
  showOrders(recent.orders)
  showLog(recent.log)
  showStory(story)
}

for (const button of document.querySelectorAll('[data-call]')) {
  const [method, path] = button.dataset.call.split(' ')
  const body = button.dataset.body === undefined ? undefined : JSON.parse(button.dataset.body)
  button.addEventListener('click', () => press(button.textContent, method, path, body))
}
$('price').addEventListener('submit', (event) => {
  event.preventDefault()
  const { market, price } = Object.fromEntries(new FormData(event.target))
  void press(`${market} at ${price}`, 'POST', `/markets/${encodeURIComponent(market)}`, { price })
})
$('reset').addEventListener('submit', (event) => {
  event.preventDefault()
  if (window.confirm('The simulator forgets every person, account, order and event. Continue?'))
    void press('the simulator was reset', 'POST', '/reset', {})
})

function keepFresh() {
  refresh().catch(() => {
    $('notice').className = 'bad'
    $('notice').textContent = 'The simulator does not answer. This page may be out of date.'
  })
}
keepFresh()
setInterval(keepFresh, REFRESH_MS)
