import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../platform/app-error.ts'
import type { ErasedSubject, KeyStore, WrappedKey } from './key-store.ts'

/**
 * Keys in a directory, one file per key, so that several processes on the directory need no lock: a file appears complete, with a link or
 * a rename, and is on disk before a method resolves. File names are the ids in base64url.
 */
export async function directoryKeyStore(directory: string): Promise<KeyStore> {
  const keys = join(directory, 'keys')
  const erased = join(directory, 'erased')
  for (const folder of [keys, erased]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const readKey = async (id: string): Promise<WrappedKey | null> => {
    const text = await readOrNull(join(keys, nameOf(id)))
    return text === null ? null : toKey(id, text)
  }
  return {
    place: `the directory ${directory}`,
    apart: true,
    put: (key) => writeNew(keys, nameOf(key.id), toText(key)),
    get: readKey,
    replace: async (key) => {
      if (await readKey(key.id)) await writeOver(keys, nameOf(key.id), toText(key))
    },
    remove: async (id) => {
      await rm(join(keys, nameOf(id)), { force: true })
      await sync(keys)
    },
    list: async (page) => {
      const read = (await idsIn(keys, page)).map(readKey)
      return (await Promise.all(read)).filter((key) => key !== null)
    },
    rememberErased: async (subjects) => {
      for (const { subject, erasedAt } of subjects) await writeNew(erased, nameOf(subject), erasedAt.toISOString())
    },
    listErased: async (page) => {
      const read = (await idsIn(erased, page)).map(async (subject): Promise<ErasedSubject> => {
        const text = (await readOrNull(join(erased, nameOf(subject)))) ?? ''
        return { subject, erasedAt: new Date(text) }
      })
      return Promise.all(read)
    },
    isErased: async (subject) => (await readOrNull(join(erased, nameOf(subject)))) !== null,
    close: async () => {},
  }
}

const nameOf = (id: string): string => Buffer.from(id).toString('base64url')
const idOf = (name: string): string => Buffer.from(name, 'base64url').toString()

function toText({ wrapped, wrappedBy }: WrappedKey): string {
  return `${wrappedBy ?? '-'} ${wrapped.toString('base64')}\n`
}

function toKey(id: string, text: string): WrappedKey {
  const [wrappedBy = '-', wrapped = ''] = text.trim().split(' ')
  return { id, wrapped: Buffer.from(wrapped, 'base64'), wrappedBy: wrappedBy === '-' ? null : wrappedBy }
}

async function idsIn(folder: string, { after, limit }: { after: string; limit: number }): Promise<string[]> {
  const names = await readdir(folder)
  const ids = names.filter((name) => !name.startsWith('.')).map(idOf)
  return ids
    .filter((id) => id > after)
    .sort((one, other) => (one < other ? -1 : 1))
    .slice(0, limit)
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

/** An existing file stays. Returns whether the file is new. */
async function writeNew(folder: string, name: string, text: string): Promise<boolean> {
  const draft = await writeDraft(folder, text)
  try {
    await link(draft, join(folder, name))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
    await sync(folder)
  }
}

async function writeOver(folder: string, name: string, text: string): Promise<void> {
  await rename(await writeDraft(folder, text), join(folder, name))
  await sync(folder)
}

async function writeDraft(folder: string, text: string): Promise<string> {
  const path = join(folder, `.${randomUUID()}`)
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}

/** Makes names in the folder durable. */
async function sync(folder: string): Promise<void> {
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}
