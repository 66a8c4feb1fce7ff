/** Where a command's output goes: one call, one or more whole lines. */
export type Print = (text: string) => void

export const print: Print = (text) => {
  process.stdout.write(`${text}\n`)
}
