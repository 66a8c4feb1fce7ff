import type { TestProject } from 'vitest/node'
import { createTemplateDatabase } from '../support/template-database.ts'

/** Like that of a test run, on the services that mutate.ts has started for all mutants: `MUTATION_SERVICES`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl, redisUrl } = JSON.parse(process.env.MUTATION_SERVICES ?? '{}') as { postgresUrl: string; redisUrl: string }
  const template = await createTemplateDatabase(postgresUrl)
  project.provide('postgresUrl', postgresUrl)
  project.provide('redisUrl', redisUrl)
  project.provide('templateDatabase', template.name)
  return template.drop
}
