/** The id in the path of a control route. */
export function idOf(params: unknown): string {
  return (params as { id: string }).id // the only parameter of a control route
}
