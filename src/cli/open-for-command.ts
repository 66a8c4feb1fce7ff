import { openFoundation, settings } from './settings.ts'

/** Opens the use cases for one command, on the roles' database, without starting a role. */
export async function openForCommand({ anyWorld = false } = {}) {
  const { openUseCases } = await import('../compose/open-use-cases.ts')
  const { joinWorld, reportWorld } = await import('../compose/join-world.ts')
  const foundation = await openFoundation('require', settings('commands', { quiet: true }))
  try {
    const joined = await (anyWorld ? reportWorld : joinWorld)(foundation)
    const { close, ...opened } = await openUseCases(joined)
    return {
      ...opened,
      close: async (): Promise<void> => {
        await close()
        await foundation.close()
      },
    }
  } catch (error) {
    await foundation.close()
    throw error
  }
}
