import { AppError } from '../platform/app-error.ts'

/**
 * The vault does not have the data of a request, or no longer. The caller sends the request again under its key, and the data is sealed
 * again.
 */
export class PayloadMissingError extends AppError {
  readonly code = 'PAYLOAD_MISSING'
  readonly retry = 'never'
  constructor(requestId: string) {
    super(`the data of ${requestId} no longer exists: send the request again with the same Idempotency-Key`)
  }
}
