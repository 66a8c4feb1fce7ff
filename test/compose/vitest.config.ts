import { defineConfig } from 'vitest/config'
import { TotalsReporter } from '../support/totals-reporter.ts'

/** Separate from `npm test`, since it builds the image and needs Docker with compose (`npm run test:compose`). */
export default defineConfig({
  test: {
    dir: import.meta.dirname,
    reporters: ['default', new TotalsReporter()],
    testTimeout: 60_000,
    hookTimeout: 300_000, // the image is built first
  },
})
