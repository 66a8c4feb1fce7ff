import { lookup } from 'node:dns'
import { connect, isIP, type Socket } from 'node:net'
import { createTransport, type SMTPTransportOptions } from 'nodemailer'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { errorCode } from '../platform/app-error.ts'
import { addressRefusal, guardedLookup } from '../platform/guarded-lookup.ts'
import { withTimeout } from '../platform/with-timeout.ts'
import { type AlertChannel, AlertNotDeliveredError } from './alert-channel.ts'
import type { AlertMessage } from './alert-message.ts'

export interface EmailAlertsOptions {
  /** `smtp://` (STARTTLS if the server offers it) or `smtps://`, with the user and the password in it. */
  smtpUrl: string
  from: string
  to: readonly string[]
  /** Timeout of one message, milliseconds. */
  timeoutMs: number
  /** Addresses that the mail server may have. */
  outgoing: AddressPolicy
}

/** Submission with STARTTLS, and with TLS from the first byte. */
const DEFAULT_PORT = { 'smtp:': 587, 'smtps:': 465 } as const

/**
 * Sends alerts by SMTP, one connection per message. Mails about one incident share a thread: `References` names its key. `Message-ID` is the
 * message's id, the same in every try. The connection is opened here, so that OUTGOING_NETWORKS holds for the address that is connected to.
 */
export function createEmailAlerts({ smtpUrl, from, to, timeoutMs, outgoing }: EmailAlertsOptions): AlertChannel {
  const { host, port, secure, auth } = readSmtpUrl(smtpUrl)
  const options: SMTPTransportOptions = {
    ...{ host, port, secure, disableFileAccess: true, disableUrlAccess: true },
    ...(auth ? { auth, requireTLS: !isHere(host) } : {}),
    tls: isIP(host) === 0 ? { servername: host } : {},
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    getSocket: (_options, callback) => openSocket({ host, port, outgoing, timeoutMs }, callback),
  }
  const transport = createTransport(options)
  const guarded = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await withTimeout(timeoutMs, work, () => new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'))
    } catch (error) {
      throw new AlertNotDeliveredError('e-mail', answerOf(error), error)
    }
  }
  return {
    name: 'e-mail',
    send: async (message) => {
      await guarded(transport.sendMail({ from, to: [...to], ...mailOf(message) }))
      return { status: 250 }
    },
    // Connects, greets, and logs in: no mail goes out.
    heartbeat: async () => {
      await guarded(transport.verify())
      return { status: 220 }
    },
    close: async () => transport.close(),
  }
}

function mailOf({ id, subject, text, incidents }: AlertMessage) {
  const threads = [...new Set(incidents.map(({ key }) => `<${key}@gatehouse.invalid>`))]
  return { messageId: `<${id}@gatehouse.invalid>`, references: threads, subject, text, headers: { 'Auto-Submitted': 'auto-generated' } }
}

interface SmtpServer {
  host: string
  port: number
  secure: boolean
  auth: { user: string; pass: string } | null
}

/** Only these parts count: a query cannot switch off the check of certificates. */
function readSmtpUrl(url: string): SmtpServer {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT[secure ? 'smtps:' : 'smtp:'] : Number(port),
    secure,
    auth: username === '' ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
  }
}

function isHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

interface Opening {
  host: string
  port: number
  outgoing: AddressPolicy
  timeoutMs: number
}

function openSocket(
  { host, port, outgoing, timeoutMs }: Opening,
  callback: (error: Error | null, result: false | { connection: Socket }) => void,
): void {
  const refused = addressRefusal(outgoing, host)
  if (refused) {
    callback(refused, false)
    return
  }
  const socket = connect({ host, port, lookup: guardedLookup(outgoing, lookup) })
  const fail = (error: Error): void => {
    socket.destroy()
    callback(error, false)
  }
  socket.setTimeout(timeoutMs, () => fail(new DOMException(`no connection within ${timeoutMs} ms`, 'TimeoutError')))
  socket.once('error', fail)
  socket.once('connect', () => {
    socket.removeAllListeners('error').removeAllListeners('timeout').setTimeout(0)
    callback(null, { connection: socket })
  })
}

/** The status of the SMTP answer, or a code. Never the answer's text: it may repeat an address. */
function answerOf(error: unknown): string {
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : null
  return typeof status === 'number' ? String(status) : errorCode(error)
}
