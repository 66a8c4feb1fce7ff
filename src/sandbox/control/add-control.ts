import type { FastifyRequest } from 'fastify'

/** Adds a control route, such as `POST /path`, with a sentence for the guide. */
export type AddControl = (route: string, does: string, handle: (request: FastifyRequest) => unknown) => void
