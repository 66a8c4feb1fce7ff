import { constants, getPriority, setPriority } from 'node:os'

/**
 * Lets other processes of this machine, or of this container, have the CPU first: what is worked off can wait, what must be acknowledged cannot.
 * Keeps a priority that is lower already.
 */
export function giveWay(): void {
  setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL))
}
