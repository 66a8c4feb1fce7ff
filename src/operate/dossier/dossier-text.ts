import type { Dossier, DossierFormat } from './dossier.ts'
import { dossierCsv } from './dossier-csv.ts'
import { dossierMarkdown } from './dossier-markdown.ts'

/** Per format: how a file of it is written, named and served. */
export const DOSSIER_TEXTS: Readonly<Record<DossierFormat, { write: (dossier: Dossier) => string; ending: string; contentType: string }>> =
  {
    markdown: { write: dossierMarkdown, ending: 'md', contentType: 'text/markdown; charset=utf-8' },
    csv: { write: dossierCsv, ending: 'csv', contentType: 'text/csv; charset=utf-8; header=present' },
  }

/** `incident-2026-03-01T12-00.md`: the start of the window. */
export function dossierFileName({ from }: Dossier, format: DossierFormat): string {
  return `incident-${from.toISOString().slice(0, 16).replace(':', '-')}.${DOSSIER_TEXTS[format].ending}`
}
