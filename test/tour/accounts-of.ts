import { type AccountUseCases, accountUseCases } from '../../src/operate/accounts/account-use-cases.ts'
import { createPerform } from '../../src/operate/audited.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../saga/start-pipeline.ts'

export function accountsOf({
  accountLedger: accounts,
  accountMemberLedger: accountMemberChanges,
  closingLedger: closings,
  ledger: onboardings,
  ...stages
}: Pipeline): AccountUseCases {
  const perform = createPerform(stages.pool, Date.now)
  return accountUseCases({
    ...stages,
    accounts,
    accountMemberChanges,
    closings,
    onboardings,
    encryptionKey: ENCRYPTION_KEY,
    perform,
    now: Date.now,
  })
}
