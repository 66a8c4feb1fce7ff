import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** The directions that lose bytes: to the server, from the server. */
export interface Loss {
  requests: boolean
  answers: boolean
}

/** A proxy between a client and a server on this machine. The client connects to `port`. Every change takes effect at once. */
export interface TcpProxy {
  readonly port: number
  /** How many clients are connected now. */
  readonly open: number
  /** Passes bytes again on new connections, and on those that have lost nothing. */
  pass(): Promise<void>
  /** Resets every connection (RST), half-open ones too, and returns how many. New ones work as before. */
  cut(): number
  /** Refuses new connections (ECONNREFUSED) until `pass`. Open ones go on. */
  refuse(): void
  /**
   * Bytes vanish, and so does the end of either side: the server keeps the session, and the client waits. An affected connection stays so
   * until `cut` or `close`, since TCP never delivers a stream with a hole.
   */
  swallow(loss?: Partial<Loss>): void
  /** Every piece arrives this much later, in each direction. */
  delay(ms: number): void
  /**
   * Lets the next request through for which `matches` holds, and resets its connection at the first byte of the answer: the server has
   * acted, and the client does not know. Resolves then. A piece is what a client wrote at once, if that is short.
   */
  loseAnswer(matches?: (piece: Buffer) => boolean): Promise<void>
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

interface Link {
  client: Socket
  server: Socket
  loss: Loss
  /** Set when its next answer is to be lost. */
  onAnswer: (() => void) | null
}

const NOTHING: Loss = { requests: false, answers: false }

export async function startTcpProxy(to: { port: number; host?: string }): Promise<TcpProxy> {
  const links = new Set<Link>()
  let loss = NOTHING
  let delayMs = 0
  let awaited: { matches: (piece: Buffer) => boolean; happened: () => void } | null = null

  const reset = (link: Link): void => {
    links.delete(link)
    link.client.resetAndDestroy()
    link.server.resetAndDestroy()
  }

  /** One direction of a link. Ends and errors travel as bytes do, or are lost like them. */
  const lay = (link: Link, direction: keyof Loss): void => {
    const [from, into] = direction === 'requests' ? [link.client, link.server] : [link.server, link.client]
    const carry = async (piece: Buffer): Promise<Buffer | undefined> => {
      if (delayMs > 0) await sleep(delayMs)
      if (link.loss[direction]) return undefined
      if (direction === 'answers' && link.onAnswer) {
        reset(link)
        link.onAnswer()
        return undefined
      }
      if (direction === 'requests' && awaited?.matches(piece)) {
        link.onAnswer = awaited.happened
        awaited = null
      }
      return piece
    }
    const gate = new Transform({ transform: (piece, _, done) => void carry(piece).then((carried) => done(null, carried)) })
    gate.on('end', () => link.loss[direction] || into.end())
    from.on('error', () => link.loss[direction] || into.resetAndDestroy())
    from.on('close', () => link.client.destroyed && link.server.destroyed && links.delete(link))
    from.pipe(gate).pipe(into, { end: false })
  }

  const accept = (client: Socket): void => {
    // A SYN would be lost like other packets.
    const server = loss.requests ? new Socket() : connect({ host: '127.0.0.1', ...to, noDelay: true, allowHalfOpen: true })
    const link: Link = { client, server, loss, onAnswer: null }
    links.add(link)
    lay(link, 'requests')
    lay(link, 'answers')
  }

  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, accept).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }

  let listening: Server | null = await listen(0)
  const { port } = listening.address() as AddressInfo
  const cut = (): number => {
    const count = links.size
    for (const link of links) reset(link)
    return count
  }
  const stopListening = (): Promise<unknown> => {
    const closed = listening ? once(listening.close(), 'close') : Promise.resolve()
    listening = null
    return closed
  }

  return {
    port,
    get open() {
      return [...links].filter(({ client }) => !client.readableEnded && !client.destroyed).length
    },
    pass: async () => {
      loss = NOTHING
      delayMs = 0
      listening ??= await listen(port)
    },
    cut,
    refuse: () => void stopListening(),
    swallow: ({ requests = true, answers = true } = {}) => {
      loss = { requests, answers }
      for (const link of links) link.loss = { requests: requests || link.loss.requests, answers: answers || link.loss.answers }
    },
    delay: (ms) => {
      delayMs = ms
    },
    loseAnswer: (matches = () => true) =>
      new Promise((happened) => {
        awaited = { matches, happened }
      }),
    close: async () => {
      const closed = stopListening()
      cut()
      await closed
    },
  }
}
