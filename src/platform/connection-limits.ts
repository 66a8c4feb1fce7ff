import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** Open connections of the whole server at most. */
  maxConnections: number
  /** Open connections of one address at most. Behind a proxy all share the proxy's address. */
  maxConnectionsPerAddress: number
}

/** Which limit a new connection met. */
export type ConnectionRefusal = 'total' | 'address'

/** At the end of the server: how long a request may take to arrive, and how long an answer may take, milliseconds. */
const ARRIVAL_MS = 1_000
const ANSWER_MS = 15_000

/**
 * Closes what connects beyond the limits, at once and without an answer: reading what such a connection sends is what it must not cost.
 * Returns `end`, which is called when the server starts to close: a request that has arrived is answered, and a sender that stalls is cut
 * off, so that the end of a role waits for no sender.
 */
export function limitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress }: ConnectionLimits,
  refused: (why: ConnectionRefusal) => void,
): { end(): void } {
  const byAddress = new Map<string, number>()
  /** The request under way on each open connection; null between two. */
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
