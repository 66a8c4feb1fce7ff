/** How Postgres takes the values of one type in binary (its `<type>recv` functions). */
export interface ElementType<Value> {
  /** Of the type in pg_type; those of the types that come with Postgres never change. */
  oid: number
  /** What the value takes, bytes. */
  size(value: Value): number
  /** Returns where it ended. */
  write(value: Value, into: Buffer, at: number): number
}

const fixed = <Value>(oid: number, bytes: number, write: ElementType<Value>['write']): ElementType<Value> => ({
  oid,
  size: () => bytes,
  write,
})

/** Postgres counts from 2000 on, in microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)

/** Types that an array parameter can have. */
export const ELEMENT = {
  boolean: fixed<boolean>(16, 1, (value, into, at) => into.writeUInt8(Number(value), at)),
  integer: fixed<number>(23, 4, (value, into, at) => into.writeInt32BE(value, at)),
  /** From a whole number or its digits. */
  bigint: fixed<number | string>(20, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value), at)),
  uuid: fixed<string>(2950, 16, (value, into, at) => at + into.write(value.replaceAll('-', ''), at, 'hex')),
  timestamptz: fixed<Date>(1184, 8, (value, into, at) => into.writeBigInt64BE(BigInt(value.getTime() - POSTGRES_EPOCH_MS) * 1_000n, at)),
  text: { oid: 25, size: Buffer.byteLength, write: (value, into, at) => at + into.write(value, at) } satisfies ElementType<string>,
  /** From hexadecimal digits. */
  bytea: {
    oid: 17,
    size: ({ length }) => length / 2,
    write: (value, into, at) => at + into.write(value, at, 'hex'),
  } satisfies ElementType<string>,
} as const

/** A value is none of the type that was named for it. With the code (SQLSTATE) that Postgres gives for the same in text: the data is at fault. */
export class InvalidElementError extends TypeError {
  readonly code = '22P02'
}

/** Dimensions, whether there are nulls, the elements' type, how many there are, the number of the first one: each an int4. */
const HEADER_BYTES = 20
const LENGTH_BYTES = 4

/**
 * A parameter that is an array, in binary, so that Postgres has no text to parse and we none to escape. The statement must name its type (`$1::uuid[]`).
 * @throws InvalidElementError on a value that is none of its type, such as a uuid of fewer digits
 */
export function arrayParameter<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): Buffer {
  let bytes = HEADER_BYTES
  for (const value of values) bytes += LENGTH_BYTES + (value === null ? 0 : type.size(value))
  const into = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const field of [1, values.includes(null) ? 1 : 0, type.oid, values.length, 1]) at = into.writeInt32BE(field, at)
  for (const value of values) {
    const size = value === null ? -1 : type.size(value)
    at = into.writeInt32BE(size, at)
    if (value === null) continue
    const end = at + size
    at = type.write(value, into, at)
    if (at !== end) throw new InvalidElementError(`not a value of the type ${type.oid}`) // what was not written would be whatever the memory held
  }
  return into
}
