import { printable } from '../platform/printable.ts'

/** Prints a command's output: each call prints one or more whole lines. Control characters are made visible (printable.ts). */
export type Print = (text: string) => void

let first = ''

/** Puts a text of Gatehouse itself, such as the sequence that clears the screen, before the next line. Both then appear in one write. */
export function printFirst(text: string): void {
  first = text
}

export const print: Print = (text) => {
  process.stdout.write(`${first}${printable(text)}\n`)
  first = ''
}
