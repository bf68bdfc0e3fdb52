import { type Account, type Comment, type GitHubStore, type Issue, REPOSITORY, type Role } from './store.ts'

export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** What is given page by page. */
  readonly items?: readonly unknown[]
  /** Under this name, beside `total_count`, and not as a bare list. */
  readonly wrapped?: string
}

export interface Call {
  readonly store: GitHubStore
  readonly me: Account
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

type Handler = (call: Call, ...parts: string[]) => Answer

const missing: Answer = { status: 404, body: { message: 'Not Found' } }
const invalid = (message: string): Answer => ({ status: 422, body: { message } })

/** Characters of a body: "Body is too long (maximum is 65536 characters)". */
const LONGEST = 65_536

const WEB = `https://github.com/${REPOSITORY.name}`

const commentJson = ({ id, issue, body, user }: Comment) => ({
  id,
  html_url: `${WEB}/pull/${issue}#issuecomment-${id}`,
  body,
  user,
})

const issueJson = ({ number, title, body, state, user, labels }: Issue) => ({
  number,
  html_url: `${WEB}/issues/${number}`,
  title,
  body,
  state,
  user,
  labels: labels.map((name) => ({ name })),
})

/** `maintain` and `triage` are told in the words of the older list. */
const PERMISSIONS: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
}

function found<T>(one: T | undefined, json: (one: T) => unknown = (one) => one): Answer {
  return one === undefined ? missing : { status: 200, body: json(one) }
}

/** Method and path below the repository; what stands in parentheses is handed over. */
const ROUTES: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  [
    'GET',
    /^\/issues\/(\d+)\/comments$/,
    ({ store }, issue) => ({ status: 200, items: store.commentsOf(Number(issue)).map(commentJson) }),
  ],
  [
    'POST',
    /^\/issues\/(\d+)\/comments$/,
    ({ store, me, body }, issue) => {
      const text = String(body['body'])
      if (text.length > LONGEST) return invalid(`Body is too long (maximum is ${LONGEST} characters)`)
      return { status: 201, body: commentJson(store.comment(Number(issue), text, me)) }
    },
  ],
  [
    'PATCH',
    /^\/issues\/comments\/(\d+)$/,
    ({ store, body }, id) => {
      const comment = store.comments.find((one) => one.id === Number(id))
      const text = String(body['body'])
      if (text.length > LONGEST) return invalid(`Body is too long (maximum is ${LONGEST} characters)`)
      if (comment !== undefined) comment.body = text
      return found(comment, commentJson)
    },
  ],
  [
    'DELETE',
    /^\/issues\/comments\/(\d+)$/,
    ({ store }, id) => {
      const at = store.comments.findIndex((one) => one.id === Number(id))
      if (at === -1) return missing
      store.comments.splice(at, 1)
      return { status: 204 }
    },
  ],
  [
    'GET',
    /^\/issues$/,
    ({ store, query }) => {
      const label = query.get('labels')
      const items = store.issues
        .filter(({ state }) => query.get('state') === 'all' || state === 'open')
        .filter(({ labels }) => label === null || labels.includes(label))
        .map(issueJson)
      // A pull request is an issue as well.
      const pulls =
        label === null
          ? store.pulls.map(({ number, user }) => ({
              ...issueJson({ number, title: '', body: '', state: 'open', user, labels: [] }),
              pull_request: {},
            }))
          : []
      return { status: 200, items: [...items, ...pulls] }
    },
  ],
  [
    'POST',
    /^\/issues$/,
    ({ store, me, body }) => {
      const issue: Issue = {
        number: store.id(),
        title: String(body['title']),
        body: String(body['body']),
        state: 'open',
        user: me,
        labels: (body['labels'] ?? []) as string[],
      }
      store.issues.push(issue)
      return { status: 201, body: issueJson(issue) }
    },
  ],
  [
    'PATCH',
    /^\/issues\/(\d+)$/,
    ({ store, body }, number) => {
      const issue = store.issues.find((one) => one.number === Number(number))
      if (issue === undefined) return missing
      if (typeof body['title'] === 'string') issue.title = body['title']
      if (typeof body['body'] === 'string') issue.body = body['body']
      if (body['state'] === 'closed' || body['state'] === 'open') issue.state = body['state']
      return { status: 200, body: issueJson(issue) }
    },
  ],
  [
    'GET',
    /^\/pulls$/,
    ({ store }) => ({ status: 200, items: store.pulls.filter(({ state }) => state === 'open') }),
  ],
  [
    'GET',
    /^\/pulls\/(\d+)$/,
    ({ store }, number) => found(store.pulls.find((one) => one.number === Number(number))),
  ],
  [
    'GET',
    /^\/pulls\/(\d+)\/reviews$/,
    ({ store }, number) => ({
      status: 200,
      items: store.reviews.filter(({ pull }) => pull === Number(number)),
    }),
  ],
  [
    'GET',
    /^\/collaborators\/([^/]+)\/permission$/,
    ({ store }, login = '') => {
      const user = store.accounts.get(decodeURIComponent(login))
      if (user === undefined) return missing
      const role = store.roles.get(user.id)
      const permission = role === undefined ? 'none' : PERMISSIONS[role]
      return { status: 200, body: { permission, role_name: role ?? 'none', user } }
    },
  ],
  [
    'GET',
    /^\/actions\/runs$/,
    ({ store, query }) => ({
      status: 200,
      items: store.runs.filter(({ head_sha }) => [null, head_sha].includes(query.get('head_sha'))),
      wrapped: 'workflow_runs',
    }),
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)$/,
    ({ store }, id) => found(store.runs.find((one) => one.id === Number(id))),
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)\/approvals$/,
    ({ store }, id) => ({ status: 200, body: store.approvals.filter(({ run }) => run === Number(id)) }),
  ],
  [
    'GET',
    /^\/actions\/artifacts\/(\d+)\/zip$/,
    ({ store }, id) =>
      store.artifacts.some((one) => one.id === Number(id) && !one.expired)
        ? { status: 302 }
        : { status: 410, body: { message: 'Artifact has expired' } },
  ],
  [
    'GET',
    /^\/actions\/runs\/(\d+)\/artifacts$/,
    ({ store }, id) => ({
      status: 200,
      items: store.artifacts
        .filter((one) => one.workflow_run.id === Number(id))
        .map(({ archive: _, ...one }) => one),
      wrapped: 'artifacts',
    }),
  ],
]

/** Longer descriptions are refused: https://docs.github.com/rest/deployments/statuses#create-a-deployment-status */
const LONGEST_DESCRIPTION = 140
const STATES = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']

/** https://docs.github.com/rest/deployments/deployments */
const DEPLOYMENTS: typeof ROUTES = [
  [
    'GET',
    /^\/deployments$/,
    ({ store, query }) => ({
      status: 200,
      items: store.deployments
        .filter(({ environment }) => [null, environment].includes(query.get('environment')))
        .filter(({ task }) => [null, task].includes(query.get('task')))
        .map(({ statuses: _, ...one }) => one)
        .toReversed(),
    }),
  ],
  [
    'POST',
    /^\/deployments$/,
    ({ store, body }) => {
      const { ref, task = 'deploy', environment = 'production', description = '', payload = '' } = body
      // By itself it merges the default branch into what is deployed, and waits for the checks of the commit.
      if (body['auto_merge'] !== false) return { status: 202, body: { message: 'Auto-merged main' } }
      if (!/^[0-9a-f]{40}$/.test(String(ref))) return invalid(`No ref found for: ${String(ref)}`)
      if (!Array.isArray(body['required_contexts']))
        return { status: 409, body: { message: 'Conflict: Commit status checks failed' } }
      const made = {
        id: store.id(),
        sha: String(ref),
        task: String(task),
        environment: String(environment),
        description: String(description),
        payload,
        statuses: [],
      }
      store.deployments.push(made)
      return { status: 201, body: made }
    },
  ],
  [
    'GET',
    /^\/deployments\/(\d+)\/statuses$/,
    ({ store }, id) => {
      const one = store.deployments.find((deployment) => deployment.id === Number(id))
      return one === undefined ? missing : { status: 200, items: one.statuses.toReversed() }
    },
  ],
  [
    'POST',
    /^\/deployments\/(\d+)\/statuses$/,
    ({ store, body }, id) => {
      const one = store.deployments.find((deployment) => deployment.id === Number(id))
      if (one === undefined) return missing
      const { state, description = '', environment_url = '', log_url = '' } = body
      if (!STATES.includes(String(state)))
        return invalid(`state ${String(state)} is not included in the list`)
      if (String(description).length > LONGEST_DESCRIPTION)
        return invalid('description is too long (maximum is 140 characters)')
      const status = {
        id: store.id(),
        state: String(state),
        description: String(description),
        environment_url: String(environment_url),
        log_url: String(log_url),
      }
      one.statuses.push(status)
      return { status: 201, body: status }
    },
  ],
]

export function answerTo(method: string, path: string, call: Call): Answer {
  for (const [wanted, pattern, handler] of [...ROUTES, ...DEPLOYMENTS]) {
    const match = wanted === method ? pattern.exec(path) : null
    if (match !== null) return handler(call, ...match.slice(1))
  }
  return missing
}
