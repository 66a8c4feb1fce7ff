import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

/**
 * Lowers this process's CPU priority below others of the machine or container: a worker's backlog can wait, an acknowledgement cannot.
 * Keeps a priority that is lower already.
 */
export function giveWay(): void {
  const priority = Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL)
  for (const thread of listThreads()) {
    try {
      setPriority(thread, priority)
    } catch {
      // the thread has ended meanwhile
    }
  }
}

/**
 * Linux has a priority per thread, and V8's threads for collecting garbage and compiling start before our code runs. Elsewhere 0: the whole
 * process.
 */
function listThreads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number)
  } catch {
    return [0]
  }
}
