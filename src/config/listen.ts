import { z } from 'zod'
import { port } from './value-schemas.ts'

/** Where the roles listen. */
export const LISTEN = {
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.optional(),
  OPERATOR_PORT: port.optional(),
  WORKER_PORT: port.optional(),
}

export interface ListenPort {
  port: number
  /** The variable is set: a taken port is an error. Otherwise a free port is used. */
  asked: boolean
}

export function listenPort(set: number | undefined, otherwise: number): ListenPort {
  return { port: set ?? otherwise, asked: set !== undefined }
}
