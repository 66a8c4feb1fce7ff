import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError } from '../platform/app-error.ts'
import { likelyName } from './likely-name.ts'

export interface DotEnv {
  values: NodeJS.Dict<string>
  /** Lines of the file without effect: one sentence each, with the line's number. No value is repeated. */
  warnings: string[]
}

/** Reads `.env` in `directory`; empty without the file. `known`: the names of Gatehouse's variables. @throws ConfigError */
export function readDotEnv(directory: string, known: readonly string[]): DotEnv {
  const text = readText(`${directory}/.env`)
  return { values: parseEnv(text), warnings: warningsOf(text, known) }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new ConfigError([`.env cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`])
  }
}

function warningsOf(text: string, known: readonly string[]): string[] {
  const warnings: string[] = []
  let quote: string | null = null
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (quote !== null) {
      if (line.includes(quote)) quote = null // the last line of a value that began above
      continue
    }
    if (/^\s*(#|$)/.test(line)) continue
    const [, name, value = ''] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) warnings.push(`.env line ${index + 1} is not an assignment (NAME=value) and is ignored`)
    else if (!known.includes(name)) warnings.push(`.env line ${index + 1}: ${sayUnknown(name, known)}`)
    const opening = /^(["'`])/.exec(value)?.[1]
    if (opening !== undefined && !value.slice(1).includes(opening)) quote = opening
  }
  return warnings
}

/** `PAXOS_APIURL is not a variable of Gatehouse: did you mean PAXOS_API_URL?` */
export function sayUnknown(name: string, known: readonly string[]): string {
  const likely = likelyName(name, known)
  return `${name} is not a variable of Gatehouse${likely === null ? ' and is ignored' : `: did you mean ${likely}?`}`
}
