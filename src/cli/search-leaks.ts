import { createReadStream } from 'node:fs'
import { byShape, byValue, findLeaks, type LeakSearch } from '../operate/privacy/find-leaks.ts'
import { errorMessage, UsageError } from '../platform/app-error.ts'
import type { Print } from './print.ts'

/** A file with more finds is not a slip: the first ones show the cause. */
const MOST_SHOWN = 100

/**
 * `doctor --leaks`: searches files for personal data and prints where it is, never what it is. `values`: one to a line; without
 * values, data is found by its shape. Returns the number of finds. @throws UsageError
 */
export async function searchLeaks(files: readonly string[], { values, print }: { values: string; print: Print }): Promise<number> {
  const search = searchFor(values)
  let all = 0
  for (const file of files) {
    let here = 0
    try {
      for await (const { line, what } of findLeaks(createReadStream(file, 'utf8'), search)) {
        here += 1
        if (here <= MOST_SHOWN) print(`${file}:${line}: ${what}`)
      }
    } catch (error) {
      throw new UsageError(`--leaks: ${file} cannot be read (${errorMessage(error)})`)
    }
    if (here > MOST_SHOWN) print(`${file}: ${here - MOST_SHOWN} more finds`)
    all += here
  }
  print(all === 0 ? 'No personal data found.' : `Personal data found: ${all} times.`)
  return all
}

function searchFor(text: string): LeakSearch {
  const values = text.split(/\r?\n/).filter((value) => value.trim() !== '')
  if (values.length === 0) return byShape
  try {
    return byValue(values)
  } catch (error) {
    throw new UsageError(`--values: ${errorMessage(error)}`)
  }
}
