/** The two servers that the tests run on. */
export interface TestServices {
  /** A superuser's URL of a database in which nothing is kept. */
  postgresUrl: string
  redisUrl: string
  stop(): Promise<void>
}

/** Starts both servers and says on the terminal how each was found. */
export async function startTestServices(): Promise<TestServices> {
  const { startContainers } = await import('./container-services.ts')
  return startContainers((line) => console.log(line))
}
