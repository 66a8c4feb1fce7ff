import { openFoundation, settings } from './settings.ts'

/** Opens the use cases for one command, behind the guard, on the roles' database, without starting a role. */
export async function openForCommand({ anyWorld = false } = {}) {
  const { openUseCases } = await import('../compose/open-use-cases.ts')
  const { commandCaller } = await import('../operate/access/command-caller.ts')
  const { guardUseCases } = await import('../operate/access/guard-use-cases.ts')
  const { joinWorld, reportWorld } = await import('../compose/join-world.ts')
  const foundation = await openFoundation('require', settings('commands', { quiet: true }))
  try {
    const joined = await (anyWorld ? reportWorld : joinWorld)(foundation)
    const { close, ...opened } = await openUseCases(joined)
    return {
      ...opened,
      useCases: guardUseCases(opened.useCases, commandCaller(opened.useCases)),
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
