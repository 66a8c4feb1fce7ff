import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../sandbox/eventually.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

describe('the TCP fault proxy', () => {
  it('carries bytes and ends in both directions', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    const client = await connectTo(proxy)
    client.write('hello')
    await eventually(() => client.heard).toBe('hello')
    client.end('bye')
    await eventually(() => client.ended).toBe('end')
    expect(client.heard).toBe('hellobye')
    await eventually(() => server.open()).toBe(0)
    expect(proxy.open).toBe(0)
  })

  it('resets all connections on both sides, and accepts new ones', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    const clients = [await connectTo(proxy), await connectTo(proxy)]
    await eventually(() => server.open()).toBe(2)
    expect(proxy.cut()).toBe(2)
    await eventually(() => clients.map(({ ended }) => ended)).toEqual(['ECONNRESET', 'ECONNRESET'])
    await eventually(() => server.endings).toEqual(['ECONNRESET', 'ECONNRESET'])
    const next = await connectTo(proxy)
    next.write('again')
    await eventually(() => next.heard).toBe('again')
  })

  it('refuses new connections and keeps open ones, until it passes again', async () => {
    const { proxy } = await betweenClientAndEcho()
    const before = await connectTo(proxy)
    proxy.refuse()
    await expect(connectTo(proxy)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    before.write('still here')
    await eventually(() => before.heard).toBe('still here')
    await proxy.pass()
    const after = await connectTo(proxy)
    after.write('back')
    await eventually(() => after.heard).toBe('back')
  })

  it('tells the client when the server refuses', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    await server.close()
    const client = await connectTo(proxy)
    await eventually(() => client.ended).toBe('ECONNRESET')
  })

  it('swallows bytes and ends of both sides, and repairs no connection that has lost bytes', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    const [leaver, stayer] = [await connectTo(proxy), await connectTo(proxy)]
    await eventually(() => server.open()).toBe(2)
    proxy.swallow()
    const late = await connectTo(proxy) // it gets a connection, as behind a dead router with a proxy, and no answer
    for (const client of [leaver, stayer, late]) client.write('anyone?')
    leaver.destroy()
    await proxy.pass()
    const healthy = await connectTo(proxy)
    healthy.write('passes')
    await eventually(() => healthy.heard).toBe('passes')
    stayer.write('and now?')
    healthy.write(' on')
    await eventually(() => healthy.heard).toBe('passes on')
    expect([stayer.heard, late.heard, server.heard()]).toEqual(['', '', 'passes on'])
    expect([server.open(), proxy.open]).toEqual([3, 3]) // the server keeps the leaver's session; the late one never reached it
    proxy.cut()
    await eventually(() => server.open()).toBe(0)
  })

  it('can swallow the answers only', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    const client = await connectTo(proxy)
    proxy.swallow({ requests: false })
    client.write('act')
    await eventually(() => server.heard()).toBe('act')
    client.end()
    await eventually(() => server.open()).toBe(0) // the server received that too, and its end is what the client does not get
    expect([client.heard, client.ended]).toEqual(['', null])
  })

  it('lets a request act and resets its connection instead of the answer', async () => {
    const { proxy, server } = await betweenClientAndEcho()
    const [other, client] = [await connectTo(proxy), await connectTo(proxy)]
    const lost = proxy.loseAnswer((piece) => piece.includes('COMMIT'))
    client.write('BEGIN')
    await eventually(() => client.heard).toBe('BEGIN')
    client.write('COMMIT')
    await lost
    await eventually(() => client.ended).toBe('ECONNRESET')
    expect([client.heard, server.heard()]).toEqual(['BEGIN', 'BEGINCOMMIT'])
    other.write('COMMIT')
    await eventually(() => other.heard).toBe('COMMIT')
  })

  it('delays every piece and keeps their order', async () => {
    const { proxy } = await betweenClientAndEcho()
    const client = await connectTo(proxy)
    proxy.delay(50)
    const from = performance.now()
    client.write('one ')
    setImmediate(() => client.write('two'))
    await eventually(() => client.heard).toBe('one two')
    expect(performance.now() - from).toBeGreaterThanOrEqual(99) // there and back; timers may fire up to a millisecond early
  })
})

interface Heard {
  heard: string
  /** How it ended: 'end', or the code of the error. */
  ended: string | null
}

async function betweenClientAndEcho() {
  const peers: (Socket & Heard)[] = []
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    peers.push(listenTo(socket))
    socket.on('data', (piece) => socket.write(piece))
    socket.on('end', () => socket.end())
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const close = async (): Promise<void> => {
    if (!echo.listening) return
    const closed = once(echo.close(), 'close')
    for (const peer of peers) peer.destroy()
    await closed
  }
  const proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port })
  onTestFinished(async () => {
    await proxy.close()
    await close()
  })
  const server = {
    close,
    heard: () => peers.map(({ heard }) => heard).join(''),
    open: () => peers.filter(({ destroyed }) => !destroyed).length,
    get endings() {
      return peers.map(({ ended }) => ended)
    },
  }
  return { proxy, server }
}

async function connectTo({ port }: TcpProxy): Promise<Socket & Heard> {
  const client = listenTo(connect({ port, host: '127.0.0.1', allowHalfOpen: false }))
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  return client
}

function listenTo(socket: Socket): Socket & Heard {
  const listener: Socket & Heard = Object.assign(socket, { heard: '', ended: null })
  socket.on('data', (piece) => {
    listener.heard += String(piece)
  })
  socket.on('end', () => {
    listener.ended = 'end'
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    listener.ended = error.code ?? error.message
  })
  return listener
}
