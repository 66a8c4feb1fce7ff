import { defineConfig } from 'vitest/config'

/** Fewer than a test run makes: what breaks the core is noticed by the first of them. */
process.env.PROPERTY_RUNS ??= '300'

const inMemory = process.env.MUTATION_SERVICES === undefined

/** For mutate.ts: the tests of one group. A mutant that hangs is noticed by the time-outs, which are short. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? 'none').split(' '),
    globalSetup: inMemory ? [] : ['test/mutation/global-setup.ts'],
    setupFiles: 'test/support/notice-failures.ts',
    testTimeout: inMemory ? 5_000 : 30_000,
    hookTimeout: inMemory ? 5_000 : 30_000,
  },
})
