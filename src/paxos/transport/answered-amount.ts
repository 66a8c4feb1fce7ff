import { z } from 'zod'
import { Amount } from '../../domain/money.ts'

/** A decimal in an answer. Null when Paxos leaves it out or sends "", which means "not applicable" (paxos/api.md 8.1). */
export const AnsweredAmount = z
  .string()
  .nullish()
  .transform((text, context) => {
    try {
      return Amount.answered(text)
    } catch {
      context.addIssue({ code: 'custom', message: 'not a decimal' })
      return z.NEVER
    }
  })

/** A required decimal. */
export const RequiredAmount = AnsweredAmount.transform((amount, context) => {
  if (amount !== null) return amount
  context.addIssue({ code: 'custom', message: 'not a decimal' })
  return z.NEVER
})

/** An id in an answer. For "none" Paxos leaves it out, sends "", or sends the all-zero UUID (paxos/api.md 8.2): all give null. */
export const AnsweredId = z
  .string()
  .max(128)
  .nullish()
  .transform((id) => (id && !/^0{8}-0{4}-0{4}-0{4}-0{12}$/.test(id) ? id : null))
