import { AppError, errorCode, errorMessage } from '../../platform/app-error.ts'

/** The result of one check of `doctor`. A result other than `ok` says how to fix it. */
export interface Finding {
  check: string
  result: 'ok' | 'warning' | 'fault'
  saw: string
  remedy?: string
}

export type Seen = Omit<Finding, 'check'>

/** The finding of one check; a check that throws is a fault that names the error. */
export async function findingOf(check: string, see: () => Seen | Promise<Seen>): Promise<Finding> {
  try {
    return { check, ...(await see()) }
  } catch (error) {
    return fault(check, error)
  }
}

export function fault(check: string, error: unknown): Finding {
  return {
    check,
    result: 'fault',
    saw: `${errorMessage(error)} [${errorCode(error)}]`,
    remedy: error instanceof AppError ? 'see docs/errors.md for the code' : 'see the error on the left',
  }
}
