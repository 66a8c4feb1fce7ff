import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '../../platform/logger.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { restoreSnapshot, SNAPSHOT_VERSION, type Snapshot, takeSnapshot } from './snapshot.ts'
import { fromStateJson, toStateJson } from './state-json.ts'

/** Answers wait for the file only while it is this small, characters: some 300 customers. A larger world is written in between. */
const SMALL = 500_000
/** A larger world is written for at most this share of the time. */
const WRITING_SHARE = 0.05

/**
 * Keeps the world of a simulator in a file, so that a restart orphans none of its customers. Every change is written, under
 * another name first and then renamed; a call that changed something is answered after that.
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

  /** Reads the file into the empty simulator. A file that cannot be read is set aside, with a line in the log. */
  restore(): void {
    let text: string
    try {
      text = readFileSync(this.#path, 'utf8')
    } catch {
      return // none yet
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

  /** Something changed: it will be in the file. */
  touch(): void {
    if (this.#closed) return
    this.#dirty = true
    this.#writing ??= this.#write()
  }

  /** Resolves when what was changed before is in the file, at once where that takes long. */
  async settled(): Promise<void> {
    if (!this.#isSmall) return
    while (this.#writing !== null) await this.#writing
  }

  /** Writes what is left. */
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
