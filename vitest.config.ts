import { configDefaults, defineConfig } from 'vitest/config'
import { TotalsReporter } from './test/support/totals-reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/compose/**', 'test/browser/**'], // .ci/run runs those, each by its own configuration
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/notice-failures.ts',
    reporters: ['default', new TotalsReporter()],
    // Tests wait for conditions; these bounds only end what will never come, also beside other programs on two cores.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    maxConcurrency: 6, // of the tests that say `concurrent`: crashes, which mostly wait for the rescue of a job
    coverage: { include: ['src/**'], exclude: ['src/generated/**'] },
  },
})
