import { defineConfig } from 'vitest/config'
import { TotalsReporter } from '../support/totals-reporter.ts'

/** Separate from `npm test`, which needs neither root nor a browser: `npm run test:browser`, which needs Debian's package `chromium`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/notice-failures.ts',
    reporters: ['default', new TotalsReporter()],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
