import { readFileSync } from 'node:fs'
import { errorCode } from '../platform/app-error.ts'
import { SECRET_NAMES } from './variables.ts'

export const fileVariable = (name: string): string => `${name}_FILE`

/**
 * The values of secrets that are given as files. A final line end, as `echo` writes it, is not part of a secret; likewise in a variable.
 * `problems` names unusable ones.
 */
export function readSecrets(set: NodeJS.Dict<string>): { values: NodeJS.Dict<string>; problems: string[] } {
  const values = { ...set }
  const problems: string[] = []
  for (const name of SECRET_NAMES) {
    const path = set[fileVariable(name)]
    if (path !== undefined && set[name] !== undefined) problems.push(`${name} and ${fileVariable(name)} are both set: set one of them`)
    else if (path !== undefined) values[name] = readSecret(fileVariable(name), path, problems)
    const value = values[name]?.replace(/[\r\n]+$/, '')
    if (value !== undefined && /[\r\n]/.test(value)) problems.push(`${name} contains a line break`)
    values[name] = value === '' ? undefined : value
  }
  return { values, problems }
}

function readSecret(variable: string, path: string, problems: string[]): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    if (text.trim() === '') problems.push(`${variable} names an empty file`)
    return text
  } catch (error) {
    problems.push(`${variable} names a file that cannot be read (${errorCode(error)})`)
    return undefined
  }
}
