/** How one type's values are written in Postgres's binary form (its `<type>recv` functions). */
export interface ElementType<Value> {
  /** Oid of the type in pg_type. Oids of built-in types never change. */
  oid: number
  /** Most bytes that the value can take. */
  most(value: Value): number
  /** Returns the offset after the value. @throws InvalidElementError */
  write(value: Value, into: Buffer, at: number): number
}

/** Postgres's SQLSTATE for a text that is no value of its type. */
const INVALID_TEXT_REPRESENTATION = '22P02'

/** A value does not fit the declared type. Postgres would refuse its text form likewise: the data is at fault. */
export class InvalidElementError extends TypeError {
  readonly code = INVALID_TEXT_REPRESENTATION
}

const fixed = <Value>(oid: number, bytes: number, write: ElementType<Value>['write']): ElementType<Value> => ({
  oid,
  most: () => bytes,
  write,
})

/** Postgres counts microseconds since the year 2000. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const UTF8_BYTES = 3

/** Types that an array parameter can have. */
export const ELEMENT = {
  boolean: fixed<boolean>(16, 1, (value, into, at) => into.writeUInt8(Number(value), at)),
  integer: fixed<number>(23, 4, (value, into, at) => into.writeInt32BE(value, at)),
  /** Takes an integer or its digits. */
  bigint: fixed<number | string>(20, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value), at)),
  uuid: fixed<string>(2950, 16, (value, into, at) => writeHex(value, 16, into, at)),
  /** Takes milliseconds since 1970. */
  timestamptz: fixed<number>(1184, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value - POSTGRES_EPOCH_MS) * 1_000n, at)),
  text: {
    oid: 25,
    most: ({ length }) => length * UTF8_BYTES,
    write: (value, into, at) => at + into.write(value, at),
  } satisfies ElementType<string>,
  bytea: {
    oid: 17,
    most: ({ length }) => length,
    write: (value, into, at) => {
      into.set(value, at)
      return at + value.length
    },
  } satisfies ElementType<Uint8Array>,
  /** A bytea. Takes hexadecimal digits. */
  hex: {
    oid: 17,
    most: ({ length }) => length / 2,
    write: (value, into, at) => writeHex(value, value.length / 2, into, at),
  } satisfies ElementType<string>,
} as const

/**
 * Writes `bytes` bytes from hexadecimal digits and skips hyphens. It makes no call into the runtime, which would cost more than the rest.
 */
function writeHex(digits: string, bytes: number, into: Buffer, at: number): number {
  const end = at + bytes
  let to = at
  let high = -1
  for (let index = 0; index < digits.length; index += 1) {
    const code = digits.charCodeAt(index)
    if (code === HYPHEN) continue
    const value = DIGIT_VALUES[code] ?? -1
    if (value < 0) throw new InvalidElementError(`not ${bytes} bytes in hexadecimal`)
    if (high < 0) high = value
    else {
      into[to] = (high << 4) | value
      to += 1
      high = -1
    }
  }
  if (to !== end || high >= 0) throw new InvalidElementError(`not ${bytes} bytes in hexadecimal`)
  return end
}

const HYPHEN = '-'.charCodeAt(0)
/** Value of a hexadecimal digit by its character code; -1 for any other character. */
const DIGIT_VALUES = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()))

/** Number of dimensions, null flag, element type, length, lower bound: an int4 each. */
const HEADER_BYTES = 20
const LENGTH_BYTES = 4

/**
 * An array parameter in binary form: Postgres parses no text, and no value is escaped. The statement must name its type (`$1::uuid[]`).
 * @throws InvalidElementError for a value that is no uuid or no hexadecimal text
 */
export function arrayParameter<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): Buffer {
  // By index: the function gets arrays of every kind, and `for … of` would then allocate an object per value.
  let most = HEADER_BYTES
  let nulls = 0
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as Value | null
    most += LENGTH_BYTES
    if (value === null) nulls = 1
    else most += type.most(value)
  }
  const into = Buffer.allocUnsafe(most)
  into.writeInt32BE(1, 0)
  into.writeInt32BE(nulls, 4)
  into.writeInt32BE(type.oid, 8)
  into.writeInt32BE(values.length, 12)
  into.writeInt32BE(1, 16)
  let at = HEADER_BYTES
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as Value | null
    const from = at + LENGTH_BYTES
    const end = value === null ? from : type.write(value, into, from)
    into.writeInt32BE(value === null ? -1 : end - from, at)
    at = end
  }
  return into.subarray(0, at)
}

/** Makes one column of rows an array parameter. */
export type Column<Row> = (rows: readonly Row[]) => Buffer

export function column<Row, Value>(type: ElementType<Value>, pick: (row: Row) => Value | null): Column<Row> {
  return (rows) => arrayParameter(type, rows.map(pick))
}

/** All columns of the rows as array parameters, in the order of `columns`. */
export function columnParameters<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Buffer[] {
  return columns.map((parameter) => parameter(rows))
}
