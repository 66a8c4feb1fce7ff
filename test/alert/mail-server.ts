import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { onTestFinished } from 'vitest'

export interface MailServer {
  /** `smtp://user:password@127.0.0.1:port` */
  url: string
  mails: ParsedMail[]
  /** Connections that logged in, with or without a mail. */
  logins: () => number
  /** Refuses mails from then on with this answer; null accepts them again. */
  refuse(code: number | null): void
  stop(): Promise<void>
}

/** A real SMTP server that keeps what arrives. It closes when the test ends. */
export async function startMailServer(): Promise<MailServer> {
  const mails: ParsedMail[] = []
  let logins = 0
  let refusal: number | null = null
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, callback) => {
      logins += 1
      if (username === 'gatehouse' && password === 'secret of the mail server') callback(null, { user: username })
      else callback(new Error('wrong user'))
    },
    onData: (stream, _session, callback) => {
      if (refusal !== null) {
        stream.resume()
        stream.on('end', () => callback(Object.assign(new Error('refused mona.muster@example.com'), { responseCode: refusal })))
        return
      }
      void simpleParser(stream).then((mail) => {
        mails.push(mail)
        callback(null)
      }, callback)
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
  onTestFinished(stop)
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://gatehouse:${encodeURIComponent('secret of the mail server')}@127.0.0.1:${port}`,
    mails,
    logins: () => logins,
    refuse: (code) => {
      refusal = code
    },
    stop,
  }
}
