import { type PageRequest, page } from '../api/page.ts'
import { alreadyExists } from '../api/paxos-problem.ts'
import type { TimeRange } from '../api/time-range.ts'
import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import type { NanoClock } from './nano-clock.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface Account {
  readonly id: string
  readonly identityId: string
  refId: string | null
  readonly type: string | null
  description: string | null
  metadata: Readonly<Record<string, string>> | null
  members: readonly AccountMember[]
  readonly createdAtNs: bigint
  updatedAtNs: bigint
  userDisabled: boolean
  /** The profile created with it, and from when it is visible (milliseconds since 1970); `null`: none was requested. */
  readonly profile: { id: string; visibleFromMs: number } | null
}

/** A further identity that may act on an account, with an id of its own. */
export interface AccountMember {
  readonly id: string
  readonly identity_id: string
  readonly roles?: readonly string[] | undefined
}

export interface Profile {
  readonly id: string
  nickname: string
  readonly description: string | null
  readonly type: 'NORMAL' | 'DEFAULT'
  readonly accountId: string | null
  readonly createdAtNs: bigint
  readonly visibleFromMs: number
  /** Hidden from reads and deposits until money arrives. */
  deactivated: boolean
}

export interface NewAccount {
  identityId: string
  refId: string | null
  type: string | null
  description: string | null
  metadata: Readonly<Record<string, string>> | null
  members: readonly { identity_id: string; roles?: readonly string[] | undefined }[]
  createProfile: boolean
}

const NO_ACCOUNTS: readonly Account[] = []

/**
 * All accounts and profiles, in the order of their creation. An identity may have several accounts (paxos/api.md 5.1). One file, because accounts,
 * profiles and members refer to one another and change together.
 */
export class AccountStore {
  #settings: SandboxSettings
  #random: SeededRandom
  #clock: NanoClock
  #story: StoryLog
  #all: Account[] = []
  #byId = new Map<string, Account>()
  #byRefId = new Map<string, Account>()
  #byIdentityId = new Map<string, Account[]>()
  #profiles: Profile[] = []
  #profileById = new Map<string, Profile>()
  #nextMember = 1

  constructor(options: { settings: SandboxSettings; random: SeededRandom; clock: NanoClock; story: StoryLog }) {
    this.#settings = options.settings
    this.#random = options.random
    this.#clock = options.clock
    this.#story = options.story
    this.#addDefaultProfile()
  }

  get all(): readonly Account[] {
    return this.#all
  }

  get profiles(): readonly Profile[] {
    return this.#profiles
  }

  get(id: string): Account | undefined {
    return this.#byId.get(id)
  }

  ofIdentity(identityId: string): readonly Account[] {
    return this.#byIdentityId.get(identityId) ?? NO_ACCOUNTS
  }

  /** Number of accounts of each identity that has one. */
  countByIdentity(): Map<string, number> {
    return new Map([...this.#byIdentityId].map(([identityId, accounts]) => [identityId, accounts.length]))
  }

  /** `default` is an alias of the profile that exists from the start. */
  profile(id: string): Profile | undefined {
    const profile = id === 'default' ? this.#profiles[0] : this.#profileById.get(id)
    return profile && profile.visibleFromMs <= Date.now() ? profile : undefined
  }

  /**
   * Creates a profile without an account, as for an omnibus ledger. @throws 409 with the documented text when another profile has the
   * nickname
   */
  createProfile({ nickname, description }: { nickname: string; description: string | null }): Profile {
    this.refuseNickname(nickname)
    const profile: Profile = {
      id: this.#random.uuid('profile', 'named', nickname, this.#profiles.length),
      ...{
        nickname,
        description,
        type: 'NORMAL',
        accountId: null,
        createdAtNs: this.#clock.next(1000n),
        visibleFromMs: 0,
        deactivated: false,
      },
    }
    this.#addProfile(profile)
    return profile
  }

  /** @throws 409 when a profile other than `except` has the nickname */
  refuseNickname(nickname: string, except?: Profile): void {
    const taken = this.#profiles.find((profile) => profile !== except && profile.nickname === nickname)
    if (taken) throw alreadyExists('nickname already exists', { id: taken.id, nickname, type: taken.type })
  }

  /** @throws 409 (assumed) for a known `ref_id`, with or without `meta.existing`, unless the setting says to return the existing account */
  create(wanted: NewAccount): Account {
    const existing = wanted.refId === null ? undefined : this.#byRefId.get(wanted.refId)
    if (existing) {
      if (this.#settings.accountConflict === 'return-existing') return existing
      throw alreadyExists('duplicate ref_id provided', this.#settings.accountConflict === 'conflict' ? { id: existing.id } : null)
    }
    const nth = this.ofIdentity(wanted.identityId).length + 1
    const subject = wanted.refId === null ? ['account', wanted.identityId, nth] : ['account', wanted.refId]
    const { createProfile, members, ...fields } = wanted
    const id = this.#random.uuid(...subject)
    const profileId = this.#random.uuid('profile', id)
    const visibleFromMs = this.#profileVisibleFromMs()
    const createdAtNs = this.#clock.next(1000n)
    const account: Account = {
      ...fields,
      id,
      members: members.map((member) => ({ id: this.#random.uuid('member', id, member.identity_id), ...member })),
      createdAtNs,
      updatedAtNs: createdAtNs,
      userDisabled: false,
      profile: createProfile ? { id: profileId, visibleFromMs } : null,
    }
    this.#index(account)
    if (createProfile) {
      this.#addProfile({
        id: profileId,
        nickname: `account-${id}`,
        description: null,
        deactivated: false,
        type: 'NORMAL',
        accountId: id,
        createdAtNs: account.createdAtNs,
        visibleFromMs,
      })
    }
    const { identityId, refId } = account
    this.#story.tell({ kind: 'account-created', accountId: id, identityId, refId, profileId: createProfile ? profileId : null })
    return account
  }

  /** Applies an update. @throws 409 when another account has the `ref_id` */
  update(
    account: Account,
    change: Partial<Pick<Account, 'refId' | 'description' | 'metadata' | 'userDisabled'>> & { members?: NewAccount['members'] | undefined },
  ): void {
    const { members, refId, ...fields } = change
    if (refId !== undefined && refId !== null && refId !== account.refId) {
      const other = this.#byRefId.get(refId)
      if (other) throw alreadyExists('duplicate ref_id provided', { id: other.id })
      if (account.refId !== null) this.#byRefId.delete(account.refId)
      account.refId = refId
      this.#byRefId.set(refId, account)
    }
    Object.assign(account, fields)
    if (members) {
      const known = new Map(account.members.map((member) => [member.identity_id, member.id]))
      account.members = members.map((member) => ({ id: known.get(member.identity_id) ?? this.#memberId(account, member), ...member }))
    }
    account.updatedAtNs = this.#clock.next(1000n)
  }

  /** @returns the added members, with their ids */
  addMembers(account: Account, members: NewAccount['members']): AccountMember[] {
    const added = members.map((member) => ({ id: this.#memberId(account, member), ...member }))
    account.members = [...account.members, ...added]
    account.updatedAtNs = this.#clock.next(1000n)
    return added
  }

  /** @returns the account that it was a member of */
  removeMember(memberId: string): Account | undefined {
    const account = this.#all.find(({ members }) => members.some(({ id }) => id === memberId))
    if (!account) return undefined
    account.members = account.members.filter(({ id }) => id !== memberId)
    account.updatedAtNs = this.#clock.next(1000n)
    return account
  }

  page(options: { identityId: string | null; created: TimeRange; request: PageRequest; keep?: (account: Account) => boolean }): {
    items: Account[]
    nextCursor: string
  } {
    const { identityId, ...rest } = options
    return page(identityId === null ? this.#all : this.ofIdentity(identityId), rest)
  }

  /** Takes the accounts and profiles of an earlier run, instead of this run's default profile. */
  restore({ accounts, profiles }: { accounts: readonly Account[]; profiles: readonly Profile[] }): void {
    this.#profiles = []
    this.#profileById.clear()
    for (const profile of profiles) this.#addProfile(profile)
    for (const account of accounts) this.#index(account)
  }

  clear(): void {
    this.#all = []
    this.#byId.clear()
    this.#byRefId.clear()
    this.#byIdentityId.clear()
    this.#profiles = []
    this.#profileById.clear()
    this.#addDefaultProfile()
  }

  #memberId({ id }: Account, { identity_id }: NewAccount['members'][number]): string {
    return this.#random.uuid('member', id, identity_id, this.#nextMember++)
  }

  #index(account: Account): void {
    this.#all.push(account)
    this.#byId.set(account.id, account)
    if (account.refId !== null) this.#byRefId.set(account.refId, account)
    const siblings = this.#byIdentityId.get(account.identityId)
    if (siblings) siblings.push(account)
    else this.#byIdentityId.set(account.identityId, [account])
  }

  #addDefaultProfile(): void {
    const id = this.#random.uuid('profile', 'default')
    this.#addProfile({
      id,
      ...{
        nickname: 'Default',
        description: null,
        type: 'DEFAULT',
        accountId: null,
        createdAtNs: this.#clock.next(1000n),
        visibleFromMs: 0,
      },
      deactivated: false,
    })
  }

  #addProfile(profile: Profile): void {
    this.#profiles.push(profile)
    this.#profileById.set(profile.id, profile)
  }

  #profileVisibleFromMs(): number {
    const { profileIdArrives, profileIdDelayMs } = this.#settings
    if (profileIdArrives === 'never') return Number.POSITIVE_INFINITY
    return profileIdArrives === 'late' ? Date.now() + profileIdDelayMs : 0
  }
}
