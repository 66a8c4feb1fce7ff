import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '../../platform/logger.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { restoreSnapshot, SNAPSHOT_VERSION, type Snapshot, takeSnapshot } from './snapshot.ts'
import { fromStateJson, toStateJson } from './state-json.ts'

/** Up to this size, in characters (about 300 customers), answers wait for the file. A larger world is written between answers. */
const SMALL = 500_000
/** Largest share of the time that goes into writing a larger world. */
const WRITING_SHARE = 0.05

/**
 * Keeps the world of a simulator in a file, so that a restart loses none of its customers. Every change is written under another name,
 * which is then renamed. A call that changed something is answered after that.
 */
export class StateKeeper {
  #path: string
  #state: SandboxState
  #logger: Logger
  #dirty = false
  #writing: Promise<void> | null = null
  #lastMs = 0
  #isSmall = true
  #wake: () => void = () => undefined
  #closed = false
  #saidThatItFails = false

  constructor({ path, state, logger }: { path: string; state: SandboxState; logger: Logger }) {
    this.#path = path
    this.#state = state
    this.#logger = logger
  }

  /** Reads the file into the empty simulator. An unreadable file is set aside and logged. */
  restore(): void {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch {
      return // no file yet
    }
    try {
      const snapshot = fromStateJson(text) as Snapshot // written by this class; its version says so
      if (snapshot.version !== SNAPSHOT_VERSION) throw new Error(`it has version ${snapshot.version}, not ${SNAPSHOT_VERSION}`)
      restoreSnapshot(this.#state, snapshot)
      this.#logger.info(
        { identities: snapshot.identities.length, orders: snapshot.orders.length },
        'the simulator continues where it stopped',
      )
    } catch (error) {
      const aside = `${this.#path}.unreadable`
      renameSync(this.#path, aside)
      this.#logger.warn({ err: error, file: aside }, 'the stored state of the simulator cannot be read; it starts empty')
    }
  }

  /** Call after a change: the file will have it. */
  touch(): void {
    if (this.#closed) return
    this.#dirty = true
    this.#writing ??= this.#write()
  }

  /** Resolves when earlier changes are in the file. Resolves at once for a large world. */
  async settled(): Promise<void> {
    if (!this.#isSmall) return
    while (this.#writing !== null) await this.#writing
  }

  /** Writes the remaining changes. */
  async close(): Promise<void> {
    while (this.#writing !== null) {
      this.#wake()
      await this.#writing
    }
    this.#closed = true
  }

  async #write(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (this.#isSmall) setImmediate(resolve)
      else setTimeout(resolve, this.#lastMs / WRITING_SHARE)
    })
    while (this.#dirty) {
      this.#dirty = false
      const startedAtMs = performance.now()
      const text = toStateJson(takeSnapshot(this.#state))
      const next = `${this.#path}.next`
      try {
        mkdirSync(dirname(this.#path), { recursive: true })
        await writeFile(next, text, { mode: 0o600 })
        await rename(next, this.#path)
      } catch (error) {
        if (!this.#saidThatItFails) this.#logger.warn({ err: error, file: this.#path }, 'the state of the simulator could not be written')
        this.#saidThatItFails = true
      }
      this.#lastMs = performance.now() - startedAtMs
      this.#isSmall = text.length < SMALL
      if (!this.#isSmall) break
    }
    this.#writing = null
    if (this.#dirty) this.touch()
  }
}
