import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fault, FaultPlan } from './faults.ts'
import { type Answer, answerTo } from './routes.ts'
import { BOT, GitHubStore, REPOSITORY } from './store.ts'

export const TOKEN = 'ghs_simulated0123456789'

export interface FakeGitHub extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/api/v3`, as a server of one's own has it. */
  readonly api: string
  /** What a runner sets. */
  readonly env: Readonly<Record<string, string>>
  readonly store: GitHubStore
  /** `GET /repos/acme/shop/pulls/7`, in order, with the query. */
  readonly asked: string[]
  faults: FaultPlan
}

/** GitHub's API in memory, on 127.0.0.1. README.md says what it does and where that stands. */
export async function startFakeGitHub(): Promise<FakeGitHub> {
  const store = new GitHubStore()
  store.tokens.set(TOKEN, BOT)
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/api\/v3/, '')
    asked.push(`${request.method} ${path}`)
    const fault = github.faults({ method: request.method ?? '', path, number: asked.length })
    exchange(request, response, store, fault).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const github: FakeGitHub = {
    api: `${origin}/api/v3`,
    env: { GITHUB_API_URL: `${origin}/api/v3`, GITHUB_REPOSITORY: REPOSITORY.name },
    store,
    asked,
    faults: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return github
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  store: GitHubStore,
  fault: Fault | undefined,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (fault?.kind === 'broken') {
    response.destroy()
    return
  }
  if (fault?.kind === 'status') {
    send(response, { status: fault.status, body: { message: fault.message ?? 'a fault' } }, fault.headers)
    return
  }
  if (fault?.kind === 'meanwhile') fault.happens()
  const url = new URL(request.url ?? '', `http://${request.headers.host}`)
  const blob = /^\/blobs\/(\d+)$/.exec(url.pathname)?.[1]
  if (blob !== undefined) {
    const bytes = store.artifacts.find(({ id }) => id === Number(blob))?.archive
    // A signed address takes no other credentials.
    const status = request.headers.authorization !== undefined ? 400 : bytes === undefined ? 404 : 200
    response.writeHead(status).end(status === 200 ? bytes : undefined)
    return
  }
  const answer = answerOf(request, url, text, store)
  const elsewhere = /\/actions\/artifacts\/(\d+)\/zip$/.exec(url.pathname)?.[1]
  if (fault?.kind === 'lost') response.destroy()
  else if (elsewhere !== undefined && answer.status === 302) {
    response.writeHead(302, { location: `${url.origin}/blobs/${elsewhere}` }).end()
  } else if (answer.items === undefined) send(response, answer)
  else sendPage(response, url, answer.items, answer.wrapped)
}

function answerOf(request: IncomingMessage, url: URL, text: string, store: GitHubStore): Answer {
  const me = store.tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (me === undefined) return { status: 401, body: { message: 'Bad credentials' } }
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
  if (url.pathname === '/api/graphql') {
    return { status: 200, body: { data: { viewer: { login: me.login, databaseId: me.id } } } }
  }
  const prefix = `/api/v3/repos/${REPOSITORY.name}`
  if (!url.pathname.startsWith(`${prefix}/`)) return { status: 404, body: { message: 'Not Found' } }
  const path = url.pathname.slice(prefix.length)
  return answerTo(request.method ?? '', path, { store, me, query: url.searchParams, body })
}

/** https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api: 30 a page, 100 at most. */
function sendPage(response: ServerResponse, url: URL, items: readonly unknown[], wrapped?: string): void {
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30))
  const page = Number(url.searchParams.get('page') ?? 1)
  const last = Math.max(1, Math.ceil(items.length / size))
  const to = (number: number): string => {
    const other = new URL(url)
    other.searchParams.set('page', String(number))
    return other.href
  }
  const links = [
    ...(page > 1 ? [`<${to(page - 1)}>; rel="prev"`, `<${to(1)}>; rel="first"`] : []),
    ...(page < last ? [`<${to(page + 1)}>; rel="next"`, `<${to(last)}>; rel="last"`] : []),
  ]
  const part = items.slice((page - 1) * size, page * size)
  const body = wrapped === undefined ? part : { total_count: items.length, [wrapped]: part }
  send(response, { status: 200, body }, links.length === 0 ? {} : { link: links.join(', ') })
}

function send(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
