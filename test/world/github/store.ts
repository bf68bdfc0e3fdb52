export interface Account {
  readonly id: number
  readonly login: string
  readonly type: 'User' | 'Bot'
}

export interface Comment {
  readonly id: number
  readonly issue: number
  body: string
  /** null: the account was deleted. */
  user: Account | null
}

export interface Issue {
  readonly number: number
  title: string
  body: string
  state: 'open' | 'closed'
  user: Account | null
  labels: readonly string[]
}

export interface Pull {
  readonly number: number
  state: 'open' | 'closed'
  updated_at?: string
  user: Account | null
  head: { sha: string; repo: { readonly id: number } | null }
  base: { sha: string; readonly repo: { readonly id: number } }
}

export interface Review {
  readonly pull: number
  user: Account | null
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED'
  commit_id: string
}

export interface Run {
  readonly id: number
  run_attempt: number
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: 'success' | 'failure' | null
  head_sha: string
  path: string
  event: string
  repository: { readonly id: number }
  head_repository: { readonly id: number } | null
}

export interface Approval {
  readonly run: number
  environments: readonly { readonly name: string }[]
  state: 'approved' | 'rejected'
  user: Account
}

export interface Artifact {
  readonly id: number
  name: string
  size_in_bytes: number
  digest: string
  expired: boolean
  workflow_run: { readonly id: number }
  archive?: Uint8Array
}

export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly task: string
  readonly environment: string
  readonly description: string
  readonly payload: unknown
  /** The newest last. */
  readonly statuses: {
    readonly id: number
    readonly state: string
    readonly description: string
    readonly environment_url: string
    readonly log_url: string
  }[]
}

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read'

export const BOT: Account = { id: 41898282, login: 'github-actions[bot]', type: 'Bot' }
export const REPOSITORY = { id: 1001, name: 'acme/shop' } as const

/** One repository of the simulated GitHub: what is there, and who may do what. */
export class GitHubStore {
  /** By token. */
  readonly tokens = new Map<string, Account>()
  /** By login; who is not in it is no account any more. */
  readonly accounts = new Map<string, Account>()
  /** By id of the account. */
  readonly roles = new Map<number, Role>()
  readonly comments: Comment[] = []
  readonly issues: Issue[] = []
  readonly pulls: Pull[] = []
  readonly reviews: Review[] = []
  readonly runs: Run[] = []
  readonly approvals: Approval[] = []
  readonly artifacts: Artifact[] = []
  readonly deployments: Deployment[] = []
  #next = 5000

  id(): number {
    this.#next += 1
    return this.#next
  }

  account(login: string, role?: Role, type: Account['type'] = 'User'): Account {
    const account: Account = { id: this.id(), login, type }
    this.accounts.set(login, account)
    if (role !== undefined) this.roles.set(account.id, role)
    return account
  }

  comment(issue: number, body: string, user: Account | null): Comment {
    const comment: Comment = { id: this.id(), issue, body, user }
    this.comments.push(comment)
    return comment
  }

  pull(number: number, user: Account | null, head = 'a'.repeat(40)): Pull {
    const repo = { id: REPOSITORY.id }
    const pull: Pull = {
      number,
      state: 'open',
      user,
      head: { sha: head, repo },
      base: { sha: 'b'.repeat(40), repo },
    }
    this.pulls.push(pull)
    return pull
  }

  commentsOf(issue: number): readonly Comment[] {
    return this.comments.filter((comment) => comment.issue === issue)
  }
}
