import { afterEach } from 'vitest'
import { failedTests } from './failed-tests.ts'

afterEach(({ task }) => {
  if (task.result?.state === 'fail') failedTests.push(task.name)
})
