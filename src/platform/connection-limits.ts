import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** Most open connections of the whole server. */
  maxConnections: number
  /** Most open connections of one address. Behind a proxy all clients share the proxy's address. */
  maxConnectionsPerAddress: number
}

/** The limit that refused a new connection. */
export type ConnectionRefusal = 'total' | 'address'

/** While the server closes: longest time for a request to arrive, and for its answer, milliseconds. */
const ARRIVAL_MS = 1_000
const ANSWER_MS = 15_000

/**
 * Closes connections beyond the limits at once and without an answer, so that they cost no read. Returns `end`, which the server calls when
 * it starts to close: a request that has arrived is answered and a stalled sender is cut off, so that the role's end waits for no sender.
 */
export function limitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress }: ConnectionLimits,
  refused: (why: ConnectionRefusal) => void,
): { end(): void } {
  const byAddress = new Map<string, number>()
  /** The request in progress on each open connection; null between two requests. */
  const underWay = new Map<Socket, IncomingMessage | null>()
  server.maxConnections = maxConnections
  server.on('drop', () => refused('total'))
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? ''
    const open = (byAddress.get(address) ?? 0) + 1
    byAddress.set(address, open)
    underWay.set(socket, null)
    socket.once('close', () => {
      underWay.delete(socket)
      const left = (byAddress.get(address) ?? 1) - 1
      if (left > 0) byAddress.set(address, left)
      else byAddress.delete(address)
    })
    if (open <= maxConnectionsPerAddress) return
    refused('address')
    socket.destroy()
  })
  server.on('request', (request, response) => {
    underWay.set(request.socket, request)
    response.once('close', () => {
      if (underWay.get(request.socket) === request) underWay.set(request.socket, null)
    })
  })
  return {
    end: () => {
      setTimeout(() => {
        for (const [socket, request] of underWay) if (!request?.complete) socket.destroy()
      }, ARRIVAL_MS).unref()
      setTimeout(() => {
        for (const socket of underWay.keys()) socket.destroy()
      }, ANSWER_MS).unref()
    },
  }
}
