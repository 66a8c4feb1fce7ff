import { openFoundation, settings } from './settings.ts'

/** What opens for one command: the use cases on the same database, without roles and with little talk. */
export async function openForCommand({ anyWorld = false } = {}) {
  const { openUseCases } = await import('../compose/open-use-cases.ts')
  const { joinWorld, lookAtWorld } = await import('../compose/join-world.ts')
  const foundation = await openFoundation('require', settings('commands', { quiet: true }))
  try {
    const joined = await (anyWorld ? lookAtWorld : joinWorld)(foundation)
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
