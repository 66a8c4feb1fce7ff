/** The two servers that the tests run on. */
export interface TestServices {
  /** A superuser's URL of a database that holds no data. */
  postgresUrl: string
  redisUrl: string
  stop(): Promise<void>
}

/**
 * Starts both servers and says on the terminal how each was found: containers when a Docker engine answers, else the embedded Postgres and
 * a Redis of this machine. `GATEHOUSE_TEST_SERVICES` (`docker` or `embedded`) decides instead. A missing service is an error with the
 * remedy; no test is skipped for it.
 */
export async function startTestServices(): Promise<TestServices> {
  const say = (line: string): void => console.log(line)
  const choice = process.env.GATEHOUSE_TEST_SERVICES || undefined
  if (choice !== undefined && choice !== 'docker' && choice !== 'embedded')
    throw new Error(`GATEHOUSE_TEST_SERVICES=${choice}: it takes docker or embedded, or leave it unset`)
  if (choice !== 'embedded') {
    const containers = await import('./container-services.ts')
    const refusal = await containers.dockerRefusal()
    if (refusal === null) {
      try {
        return await containers.startContainers(say)
      } catch (error) {
        if (choice === 'docker') throw error
        say(`Docker answers, but its containers do not start: ${reason(error)}`)
      }
    } else if (choice === 'docker') {
      throw new Error(`GATEHOUSE_TEST_SERVICES=docker, but no Docker engine answers: ${refusal}. Start one, or leave the variable unset.`)
    } else say(`no Docker engine answers (${refusal})`)
  }
  const { startEmbeddedServices } = await import('./embedded-services.ts')
  return startEmbeddedServices(say)
}

const reason = (error: unknown): string => (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
