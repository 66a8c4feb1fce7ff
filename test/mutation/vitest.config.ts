import { defineConfig } from 'vitest/config'

/** Fewer runs than in a test run: the first of them notice what breaks the core. */
process.env.PROPERTY_RUNS ??= '300'

const inMemory = process.env.MUTATION_SERVICES === undefined

/** For mutate.ts: the tests of one group. The short timeouts notice a mutant that hangs. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? 'none').split(' '),
    globalSetup: inMemory ? [] : ['test/mutation/global-setup.ts'],
    setupFiles: 'test/support/notice-failures.ts',
    testTimeout: inMemory ? 5_000 : 30_000,
    hookTimeout: inMemory ? 5_000 : 30_000,
  },
})
