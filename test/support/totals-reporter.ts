import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule, TestSuite, Vitest } from 'vitest/node'

/**
 * Ends the whole run with one line: `N passed, N failed`. A failure outside a test (a file that does not load, a hook that throws, an
 * unhandled error, services that cannot be started) counts as one failure each: such a run is not "0 failed".
 */
export class TotalsReporter implements Reporter {
  #totals = { passed: 0, failed: 1 } // until the run ends: a run that never began has failed

  onInit(vitest: Vitest): void {
    if (vitest.config.watch) return
    process.once('exit', () => writeSync(1, `${this.#totals.passed} passed, ${this.#totals.failed} failed\n`))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#totals = { passed: 0, failed: unhandledErrors.length + (modules.length === 0 ? 1 : 0) }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' || state === 'failed') this.#totals[state] += 1
      }
      const groups: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()]
      this.#totals.failed += groups.filter((group) => group.errors().length > 0).length
    }
  }
}
