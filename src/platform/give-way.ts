import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/**
 * Lets other processes of this machine, or of this container, have the CPU first: what is worked off can wait, what must be acknowledged cannot.
 * Keeps a priority that is lower already.
 */
export function giveWay(): void {
  const priority = Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL)
  for (const thread of listThreads()) {
    try {
      setPriority(thread, priority)
    } catch {
      // it has ended since
    }
  }
}

/** Linux has a priority for each thread, and V8's, which collect garbage and compile, are there before any code of ours runs. 0: the process. */
function listThreads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number)
  } catch {
    return [0]
  }
}
