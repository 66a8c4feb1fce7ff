// Copy buttons and live refresh. Without this script every page still works; the reader reloads manually.

/** Buttons that copy a command. They stay hidden where the browser has no clipboard. */
function offerCopying() {
  if (!navigator.clipboard) return
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.dataset.copy)
      button.textContent = 'Copied'
    }
  }
}

/** Milliseconds after which a refresh counts as missed. */
const LOOK_MS = 8000
/** Missed refreshes after which the page says that it is stale. */
const MAY_MISS = 2

/**
 * Refreshes a live page every few seconds and shows the time of the last refresh. After two missed refreshes a red band at the top says
 * that the page is stale, so that no operator takes an old "all is well" for a new one. When the login has ended, the browser goes to the
 * login page. The refresh leaves alone only the parts where the reader types, selects text or has opened a detail.
 */
function stayLive() {
  const main = document.querySelector('main[data-live]')
  if (!main) return
  const band = document.querySelector('.stale')
  for (const hint of document.querySelectorAll('[data-without-script]')) hint.remove()
  let missed = 0
  let updatedAt = main.querySelector('[data-updated]')?.textContent
  let reason = ''

  const tell = () => {
    const stale = missed >= MAY_MISS
    band.hidden = !stale
    main.classList.toggle('old', stale)
    if (stale) band.textContent = `Not up to date: ${reason}. The data below is from ${updatedAt}.`
  }
  const look = async () => {
    try {
      const answer = await fetch(location.href, {
        headers: { accept: 'text/html' },
        redirect: 'manual',
        signal: AbortSignal.timeout(LOOK_MS),
      })
      if (answer.type === 'opaqueredirect') return location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
      if (!answer.ok) throw new Error(`Gatehouse answered ${answer.status}`)
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
      if (!fresh) throw new Error('the answer is not a Gatehouse page')
      for (const hint of fresh.querySelectorAll('[data-without-script]')) hint.remove()
      keepFocus(main, () => renew(main, fresh))
      missed = 0
      updatedAt = main.querySelector('[data-updated]')?.textContent
      offerCopying()
    } catch (error) {
      missed += 1
      reason = error.name === 'TypeError' || error.name === 'TimeoutError' ? 'Gatehouse does not answer' : error.message
    }
    tell()
  }
  const again = async () => {
    if (!document.hidden) await look()
    setTimeout(again, main.dataset.live * 1000)
  }
  // A page that returns from the background refreshes immediately.
  document.addEventListener('visibilitychange', () => document.hidden || look())
  setTimeout(again, main.dataset.live * 1000)
}

/** Replaces changed children one by one. A part that the reader uses (a focused field, an open detail, a selection) stays unchanged. */
function renew(old, fresh) {
  const [before, after] = [[...old.children], [...fresh.children]]
  const sameShape = before.length === after.length && before.every((child, n) => child.tagName === after[n].tagName)
  if (!sameShape) {
    if (!isAt(old)) old.replaceChildren(...fresh.childNodes)
    else renewMatching(old, before, after)
    return
  }
  for (const [n, child] of before.entries()) if (child.outerHTML !== after[n].outerHTML && !isAt(child)) child.replaceWith(after[n])
}

/** The page has gained or lost parts while the reader uses one of them: replaces everything around that part. */
function renewMatching(old, before, after) {
  const kept = before.find(isAt)
  const place = after.findIndex((part) => part.tagName === kept.tagName && part.className === kept.className)
  if (place === -1) return
  for (const child of before) if (child !== kept) child.remove()
  old.prepend(...after.slice(0, place))
  old.append(...after.slice(place + 1))
}

/** A focused link or button is replaced too; its replacement takes the focus. */
function keepFocus(main, work) {
  const all = () => [...main.querySelectorAll('a, button, summary')]
  const active = document.activeElement
  const place = all().indexOf(active)
  work()
  if (place === -1 || active.isConnected) return
  const same = all().filter(
    (part) => part.tagName === active.tagName && part.textContent === active.textContent && part.href === active.href,
  )
  const successor = same[0] ?? all()[place]
  successor?.focus({ preventScroll: true })
}

function isAt(part) {
  const selection = getSelection()
  const selects = !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(part)
  const active = document.activeElement
  const types = part.contains(active) && active.matches('input, textarea, select')
  return selects || types || part.querySelector('details[open]') !== null
}

/** The key / leads to the search box, wherever nothing is being typed. */
function offerFinding() {
  const box = document.querySelector('[data-find]')
  if (!box) return
  document.addEventListener('keydown', (event) => {
    const types = document.activeElement?.matches('input, textarea, select')
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || types) return
    event.preventDefault()
    box.select()
    box.focus()
  })
}

offerCopying()
offerFinding()
stayLive()
