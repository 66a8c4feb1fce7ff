import { AsyncLocalStorage } from 'node:async_hooks'
import { AppError } from '../../platform/app-error.ts'
import type { Page } from '../../platform/page.ts'
import type { OperatorUseCases } from '../use-cases.ts'
import { type ExportFormat, headLine, rowLine } from './export-format.ts'
import { EXPORTS, type ExportedList } from './export-lists.ts'

/** The export ran out of time. The receiver sees a broken answer, so that it does not take a part for the whole. */
export class ExportTooLongError extends AppError {
  readonly code = 'EXPORT_TOO_LONG'
  readonly retry = 'never'
  constructor(rows: number) {
    super(`The export broke off after ${rows} rows and ${LONGEST_EXPORT_MS / 60_000} min. Narrow it with the filters of the list.`)
  }
}

/** The server ends a long request after 5 min. */
export const LONGEST_EXPORT_MS = 240_000
const PAGE = 200

export interface ExportRequest {
  list: ExportedList
  format: ExportFormat
  /** Checked by the filters of the list. */
  filters: Readonly<Record<string, unknown>>
}

/**
 * The whole list, one chunk of lines per page of 200 rows. It reads the next page when the receiver wants more, so it holds one page in memory. It resolves
 * after the first page, so that a refusal is an ordinary answer. Rows that are added meanwhile are not in it. Each page asks for the permission of
 * the caller again. The lines reject with ExportTooLongError.
 */
export async function exportLines(
  useCases: OperatorUseCases,
  { list, format, filters }: ExportRequest,
  now: () => number = Date.now,
): Promise<AsyncGenerator<string, void>> {
  const { read } = EXPORTS[list]
  // The receiver pulls the pages, outside of the request's own context: the caller must stay the one who asked.
  const inContext = AsyncLocalStorage.snapshot()
  const pageAfter = (cursor: string | null): Promise<Page<object>> => {
    const query: Parameters<typeof read>[1] = { ...filters, limit: PAGE, ...(cursor === null ? {} : { cursor }) }
    return inContext(() => read(useCases, query))
  }
  const until = now() + LONGEST_EXPORT_MS
  return linesOf(await pageAfter(null), { list, format, pageAfter, isLate: () => now() > until })
}

interface Pages extends Pick<ExportRequest, 'list' | 'format'> {
  pageAfter: (cursor: string | null) => Promise<Page<object>>
  isLate: () => boolean
}

async function* linesOf(first: Page<object>, { list, format, pageAfter, isLate }: Pages): AsyncGenerator<string, void> {
  const { columns } = EXPORTS[list]
  yield headLine(format, columns)
  let page = first
  for (let rows = 0; ; ) {
    rows += page.items.length
    if (page.items.length > 0) yield page.items.map((item) => rowLine(format, columns, { ...item })).join('')
    if (page.nextCursor === null) return
    if (isLate()) throw new ExportTooLongError(rows)
    page = await pageAfter(page.nextCursor)
  }
}
