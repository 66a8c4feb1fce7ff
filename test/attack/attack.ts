/** What is attacked: an installation of one's own. */
export interface Target {
  receiverUrl: string
  operatorUrl: string
  /** A live webhook key: the attacker has stolen it. Without, the attacks that need it are not run. */
  webhookKey?: string | undefined
  /** The operator token, for what is to be seen from inside: onboardings counted before and after, a session of one's own. */
  operatorToken?: string | undefined
}

export interface Verdict {
  held: boolean
  /** What was seen, one clause. */
  saw: string
}

/** One attack from outside. It throws only for what is no verdict: a target that cannot be reached. */
export interface Attack {
  name: string
  /** The fault of findings.md or the chapter of OWASP ASVS 5.0 that it stands for. */
  stands: string
  needs?: readonly ('webhookKey' | 'operatorToken')[]
  run(target: Target): Promise<Verdict>
}

export const held = (saw: string): Verdict => ({ held: true, saw })
export const broken = (saw: string): Verdict => ({ held: false, saw })
/** Held when there is nothing in the list of what went wrong. */
export const unless = (wrong: readonly string[], saw: string): Verdict =>
  wrong.length === 0 ? held(saw) : broken(wrong.slice(0, 3).join('; '))
