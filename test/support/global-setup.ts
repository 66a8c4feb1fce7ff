import type { TestProject } from 'vitest/node'
import { createTemplateDatabase } from './template-database.ts'
import { startTestServices } from './test-services.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    redisUrl: string
    templateDatabase: string
  }
}

/** Before the first test: finds or starts Postgres and Redis, and makes the template. Returns what stops them after the last test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = await startTestServices()
  try {
    const template = await createTemplateDatabase(services.postgresUrl)
    project.provide('postgresUrl', services.postgresUrl)
    project.provide('redisUrl', services.redisUrl)
    project.provide('templateDatabase', template.name)
    return async () => {
      await template.drop()
      await services.stop()
    }
  } catch (error) {
    await services.stop()
    throw error
  }
}
