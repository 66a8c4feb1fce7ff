/** The entries of a stream's chain for a terminal, one to a line: time in UTC, kind, data. */
export function renderEntries(entries: readonly { at: Date; kind: string; data: object }[]): string[] {
  return entries.map(({ at, kind, data }) => `  ${at.toISOString()}  ${kind.padEnd(18)} ${JSON.stringify(data)}`)
}
