import type { KeyStore } from './key-store.ts'

const PAGE = 500

/** Moves keys and erasures into `to`, each key stored there before it is removed here. Safe to repeat. Returns the number of moved keys. */
export async function moveKeys(from: KeyStore, to: KeyStore): Promise<number> {
  let moved = 0
  for (;;) {
    const page = await from.list({ after: '', limit: PAGE })
    for (const key of page) {
      await to.put(key)
      await from.remove(key.id)
      moved += 1
    }
    if (page.length < PAGE) break
  }
  await copyErasures(from, to)
  return moved
}

/** Copies the list of erasures. */
export async function copyErasures(from: KeyStore, to: KeyStore): Promise<void> {
  for (let after = ''; ; ) {
    const page = await from.listErased({ after, limit: PAGE })
    await to.rememberErased(page)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = last.subject
  }
}
