import { readFileSync } from 'node:fs'

const PROJECT = new URL('../../', import.meta.url)

/** The text of a file of the project, by its path from the root. */
export function readText(path: string): string {
  return readFileSync(new URL(path, PROJECT), 'utf8')
}

/** The rows of every table of a page whose first cell is a code span: `name` without its backticks, then the cells by their heading. */
export function readTables(path: string): { name: string; cells: Record<string, string> }[] {
  let headings: string[] = []
  return readText(path)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
    .flatMap((cells) => {
      const name = /^`([^`]+)`$/.exec(cells[0] ?? '')?.[1]
      if (name === undefined) {
        if (!cells[0]?.startsWith('--')) headings = cells
        return []
      }
      return [{ name, cells: Object.fromEntries(headings.map((heading, at) => [heading, cells[at] ?? ''])) }]
    })
}
