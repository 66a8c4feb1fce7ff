// The little that the pages need beside HTML; without it everything still works by hand.

/** Buttons that copy a command; hidden where the browser cannot. */
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

/** Takes a new look every few seconds while somebody sees the page; leaves it alone while they type, select or have opened a detail. */
function lookAgain() {
  const main = document.querySelector('main[data-live]')
  if (!main) return
  setInterval(async () => {
    const busy = main.querySelector('details[open], :focus') || !getSelection().isCollapsed
    if (document.hidden || busy) return
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null)
    if (!answer?.ok || answer.redirected) return
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
    if (!fresh || fresh.innerHTML === main.innerHTML) return
    main.replaceChildren(...fresh.childNodes)
    offerCopying()
  }, main.dataset.live * 1000)
}

offerCopying()
lookAgain()
