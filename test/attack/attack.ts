/** The target: an installation of one's own. */
export interface Target {
  receiverUrl: string
  operatorUrl: string
  /** A live webhook key that the attacker has stolen. Without it, the attacks that need it are not run. */
  webhookKey?: string | undefined
  /** The operator token, for a view from inside: onboardings counted before and after, a session of one's own. */
  operatorToken?: string | undefined
}

export interface Verdict {
  held: boolean
  /** The observation, in one clause. */
  saw: string
}

/** One attack from outside. It throws only when there is no verdict, such as for an unreachable target. */
export interface Attack {
  name: string
  /** The fault of findings.md or the chapter of OWASP ASVS 5.0 that it stands for. */
  stands: string
  needs?: readonly ('webhookKey' | 'operatorToken')[]
  run(target: Target): Promise<Verdict>
}

export const held = (saw: string): Verdict => ({ held: true, saw })
export const broken = (saw: string): Verdict => ({ held: false, saw })
/** The attack failed when the list of weaknesses is empty. */
export const unless = (wrong: readonly string[], saw: string): Verdict =>
  wrong.length === 0 ? held(saw) : broken(wrong.slice(0, 3).join('; '))
