import { printable } from '../platform/printable.ts'

/** Where a command's output goes: one call, one or more whole lines. What a terminal would obey is written out (printable.ts). */
export type Print = (text: string) => void

export const print: Print = (text) => {
  process.stdout.write(`${printable(text)}\n`)
}
