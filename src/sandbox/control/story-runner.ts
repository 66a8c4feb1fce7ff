import type { FastifyInstance } from 'fastify'
import type { SandboxState } from '../sandbox-state.ts'
import { dueAfterMs, type RuleFile } from './rule-file.ts'

/** Replays a rule file: resets the simulator, loads its rules, and makes the control calls of its timeline when they are due. */
export class StoryRunner {
  #app: FastifyInstance
  #state: SandboxState
  #reset: (seed: number | undefined) => void
  #timers = new Set<NodeJS.Timeout>()
  #done: { at: string; control: string; status: number }[] = []
  #left = 0
  #line: Promise<void> = Promise.resolve()

  constructor({ app, state, reset }: { app: FastifyInstance; state: SandboxState; reset: (seed: number | undefined) => void }) {
    this.#app = app
    this.#state = state
    this.#reset = reset
  }

  /** Number of pending entries of the timeline, and the done ones with the status of their answer. */
  get progress(): { left: number; done: readonly { at: string; control: string; status: number }[] } {
    return { left: this.#left, done: this.#done }
  }

  begin({ seed, clock, settings, rules, timeline, hoursPerSecond }: RuleFile): void {
    this.stop()
    this.#reset(seed)
    if (clock !== undefined) this.#state.clock.tellFrom(Date.parse(clock))
    Object.assign(this.#state.settings, settings)
    this.#state.rules.load(rules)
    this.#left = timeline.length
    for (const { at, control, body } of timeline) {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          this.#line = this.#line.then(() => this.#make({ at, control, body })) // one after the other, in the file's order
        },
        dueAfterMs(at, hoursPerSecond),
      )
      this.#timers.add(timer)
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#done = []
    this.#left = 0
  }

  async #make({ at, control, body }: { at: string; control: string; body: unknown }): Promise<void> {
    const [method = '', path = ''] = control.split(' ')
    const { statusCode } = await this.#app.inject({
      method: method as 'GET', // one of the methods that the schema allows
      url: `/_sandbox${path}`,
      ...(body === undefined ? {} : { payload: body as object }),
    })
    this.#left--
    this.#done.push({ at, control, status: statusCode })
  }
}
