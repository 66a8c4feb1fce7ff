import { z } from 'zod'
import { InstitutionRequest } from '../onboarding/institution-request.ts'
import { PersonRequest } from '../onboarding/person-request.ts'
import { likelyField } from './likely-field.ts'

/** A column of a CSV file: the path of its field in the body of `POST /v1/onboardings`. */
export interface Column {
  readonly path: readonly string[]
  readonly kind: 'text' | 'boolean'
}

interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

const METADATA = /^metadata\.[\w-]{1,100}$/
/** The most items of a list, such as the members of an institution. */
const MOST_ITEMS = 50

const PERSON_COLUMNS = columnsOf(PersonRequest)
const KNOWN: ReadonlyMap<string, Column['kind']> = new Map([...PERSON_COLUMNS, ...columnsOf(InstitutionRequest)])

/** The names of a person's columns, in Paxos's order. The item of a list has its number, from 0. */
export const PERSON_COLUMN_NAMES: readonly string[] = PERSON_COLUMNS.map(([name]) => name)

/** The columns of a head line, or every fault of it. A fault names the number of the column and not its text, which may be personal data. */
export function readHead(names: readonly string[]): { columns: readonly Column[] } | { faults: readonly string[] } {
  const trimmed = names.map((name) => name.trim())
  const columns = trimmed.map(columnOf)
  const faults = trimmed.flatMap((name, at) => {
    const first = trimmed.indexOf(name)
    if (columns[at] === null) return [`column ${at + 1} is not a known field${likelyField(name, [...KNOWN.keys()])}`]
    return first < at ? [`column ${at + 1} repeats column ${first + 1}`] : []
  })
  if (names.length === 1 && /[;\t]/.test(names[0] ?? '')) faults.push('the head line has no comma: separate the columns with commas')
  if (!trimmed.includes('ref_id')) faults.push('the column ref_id is missing: your own id of each customer')
  return faults.length > 0 ? { faults } : { columns: columns.filter((column) => column !== null) }
}

/** The body that a row stands for. An empty cell is an absent field. */
export function readRow(columns: readonly Column[], cells: readonly string[]): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const [at, { path, kind }] of columns.entries()) {
    const cell = cells[at] ?? ''
    if (cell !== '') place(body, path, kind === 'boolean' ? booleanOf(cell) : cell)
  }
  return dense(body) as Record<string, unknown> // an object stays an object
}

function columnOf(name: string): Column | null {
  if (METADATA.test(name) && name !== 'metadata.__proto__') return { path: name.split('.'), kind: 'text' }
  const path = name.split('.')
  if (path.some((part) => /^\d+$/.test(part) && !(String(Number(part)) === part && Number(part) < MOST_ITEMS))) return null
  const kind = KNOWN.get(path.map((part) => (/^\d+$/.test(part) ? '0' : part)).join('.'))
  return kind === undefined ? null : { path, kind }
}

/** Spreadsheets write truth values in capitals. Another text stays, so that the check names the field. */
function booleanOf(cell: string): unknown {
  const word = cell.toLowerCase()
  return word === 'true' || word === 'false' ? word === 'true' : cell
}

/** Sets a value deep in the body. A number in the path is the place in a list. */
function place(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let inside = body
  for (const [at, part] of path.slice(0, -1).entries()) {
    inside[part] ??= /^\d+$/.test(path[at + 1] ?? '') ? [] : {}
    inside = inside[part] as Record<string, unknown> // made by the line above, or by an earlier column of the same path
  }
  inside[path.at(-1) ?? ''] = value
}

/** Lists without the places that had no value. */
function dense(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(dense)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, dense(each)]))
}

function columnsOf(schema: z.ZodType): readonly (readonly [string, Column['kind']])[] {
  // zod's type of the result has more words than are read here.
  return leavesOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape, [])
}

function leavesOf({ type, properties, items }: Shape, path: readonly string[]): (readonly [string, Column['kind']])[] {
  if (properties) return Object.entries(properties).flatMap(([name, shape]) => leavesOf(shape, [...path, name]))
  if (items) return leavesOf(items, [...path, '0'])
  if (type === 'object') return [] // metadata, whose names are free
  return [[path.join('.'), type === 'boolean' ? 'boolean' : 'text']]
}
