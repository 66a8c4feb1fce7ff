/** Writes the ASVS table into docs/security.md: `node test/docs/write-asvs.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TABLE } from './asvs-rows.ts'

const PAGE = fileURLToPath(new URL('../../docs/security.md', import.meta.url))
const [BEGIN, END] = ['<!-- asvs:begin -->', '<!-- asvs:end -->']
const text = readFileSync(PAGE, 'utf8')
const [before = ''] = text.split(BEGIN)
const [, after = ''] = text.split(END)
writeFileSync(PAGE, `${before}${BEGIN}\n\n${TABLE}\n\n${END}${after}`)
