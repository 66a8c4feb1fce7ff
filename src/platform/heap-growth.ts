import { setFlagsFromString } from 'node:v8'

/**
 * Limits the growth of V8's old generation before the next full collection to `percent` of what survived the last one. By default it may
 * grow to a multiple. The process holds less free memory and uses more CPU time. Call it early: loaded modules leave free pages
 * behind too.
 */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
