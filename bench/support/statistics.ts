/** The summary of several runs of one measurement. */
export interface Spread {
  median: number
  min: number
  max: number
  runs: number
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: medianOf(numbers), min: Math.min(...numbers), max: Math.max(...numbers), runs: numbers.length }
}
