import { printable } from '../platform/printable.ts'

/** Prints a command's output: each call prints one or more whole lines. Control characters are made visible (printable.ts). */
export type Print = (text: string) => void

export const print: Print = (text) => {
  process.stdout.write(`${printable(text)}\n`)
}
