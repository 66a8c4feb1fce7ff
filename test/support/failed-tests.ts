/** The tests of this file that have failed so far (vitest loads every module once per test file). */
export const failedTests: string[] = []
