import { PaxosAnswerMalformedError } from '../paxos-errors.ts'

/**
 * Reads a listing to its end, page by page. Only a page without a cursor ends it.
 * @throws PAXOS_ANSWER_MALFORMED for a repeated cursor and for more than `mostPages`: the listing is then incomplete, and callers rely on
 * complete ones
 */
export async function* walkPages<Page extends { nextCursor: string | null }>(
  readPage: (cursor: string | null) => Promise<Page>,
  { operation, mostPages }: { operation: string; mostPages: number },
): AsyncGenerator<Page, void> {
  const seen = new Set<string>()
  let cursor: string | null = null
  do {
    if (seen.size >= mostPages) throw incomplete(operation, `it has more than ${mostPages} pages`)
    const page: Page = await readPage(cursor)
    yield page
    cursor = page.nextCursor
    if (cursor !== null && seen.has(cursor)) throw incomplete(operation, 'a cursor was repeated')
    if (cursor !== null) seen.add(cursor)
  } while (cursor !== null)
}

function incomplete(operation: string, problem: string): PaxosAnswerMalformedError {
  return new PaxosAnswerMalformedError({ operation, acts: false, problem: `the listing is incomplete: ${problem}` })
}
