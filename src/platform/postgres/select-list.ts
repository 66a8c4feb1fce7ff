/**
 * The select list of a statement whose rows are records of this type. Each field stands once: `true` for the column of its name in snake_case,
 * or the SQL of another expression.
 */
export function selectList<Row>(fields: { readonly [Field in keyof Row]-?: true | string }): string {
  return Object.entries<true | string>(fields)
    .map(([field, sql]) => `${sql === true ? snakeCase(field) : sql} AS "${field}"`)
    .join(', ')
}

function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
