import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Writes a file for one test, which removes it. */
export async function importFile(name: string, content: string | Buffer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** An invented person as a line of a file. Each number gives another person. */
export function personLine(
  number: number,
  changes: { refId?: string; details?: Record<string, unknown>; more?: Record<string, unknown> } = {},
) {
  const digits = String(100_000_000 + number)
  return {
    ref_id: changes.refId ?? `customer_${number}`,
    person_details: {
      first_name: 'Ada',
      last_name: 'Moreno',
      date_of_birth: '1988-04-12',
      address: { country: 'USA', address1: '12 Elm St', city: 'Albany', province: 'NY', zip_code: '12207' },
      nationality: 'USA',
      cip_id: `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`,
      cip_id_type: 'SSN',
      cip_id_country: 'USA',
      ...changes.details,
    },
    customer_due_diligence: {
      estimated_yearly_income: 'INCOME_50K_TO_100K',
      expected_transfer_value: 'TRANSFER_VALUE_0_TO_25K',
      source_of_wealth: 'EMPLOYMENT_INCOME',
      employment_status: 'FULL_TIME',
      employment_industry_sector: 'INFORMATION',
    },
    ...changes.more,
  }
}

export const jsonl = (lines: readonly unknown[]): string => `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
