import { setFlagsFromString } from 'node:v8'

/**
 * Lets the old generation of V8's heap grow by so many percent of what survives a full collection before the next one; by default it may
 * grow to a multiple. Fewer free pages are held, for some more CPU time. Best before much is loaded, which leaves free pages behind too.
 */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
}
