import { z } from 'zod'

/** The type of an event that the control emits. */
export const EventType = z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/, 'must look like identity.approved')
