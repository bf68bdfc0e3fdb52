import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pinAll } from '../../scripts/workflows.ts'

const ROOT = join(import.meta.dirname, '../..')
const STAND_INS = join(import.meta.dirname, 'stand-ins')
/** As other repositories name this one. */
const LIBRARY = 'acme/sluice'
const COMMIT = '5'.repeat(40)

/** The actions of others that our workflows use, and the stand-in for each. act itself stands in for checkout, but where a run is in place. */
const OTHERS: Readonly<Record<string, string>> = {
  'actions/checkout': 'checkout',
  'actions/upload-artifact': 'upload-artifact',
  'actions/download-artifact': 'download-artifact',
  'aws-actions/configure-aws-credentials': 'configure-aws-credentials',
  'google-github-actions/auth': 'auth',
  'opentofu/setup-opentofu': 'setup-opentofu',
  'actions/attest-build-provenance': 'attest-build-provenance',
}

export interface Run {
  /** A workflow of the caller: `deploy.yml`. */
  readonly workflow: string
  readonly event:
    | 'push'
    | 'workflow_dispatch'
    | 'pull_request'
    | 'workflow_run'
    | 'issue_comment'
    | 'schedule'
  /** What GitHub would send. */
  readonly payload?: Readonly<Record<string, unknown>>
  readonly inputs?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly token?: string
  /** Who started the run. */
  readonly actor?: string
  /** Variables of the runner. */
  readonly env?: Readonly<Record<string, string>>
  /** PATH of the runner; default: that of the test. node comes first. */
  readonly path?: string
  /** Ends the run as a person does who cancels it. */
  readonly cancelled?: AbortSignal
  /** Work in the caller's folder itself, as a runner does that keeps its files, and not in a copy a job. */
  readonly inPlace?: boolean
}

export interface Ended {
  readonly code: number
  readonly log: string
  /** How each job ended, by its name: success, failure. */
  readonly jobs: Readonly<Record<string, string>>
}

/** A repository that calls our workflows, on a machine without network. */
export interface Caller extends Disposable {
  /** Absolute path of the repository. */
  readonly folder: string
  /** Absolute path of the copy of this repository that is called. */
  readonly library: string
  /** Folder with what was uploaded: `<id>=<name>/...`. */
  readonly artifacts: string
  readonly attested: string
  git(...args: string[]): string
  /** Adds a file, and commits it. */
  write(path: string, text: string): void
  run(run: Run): Promise<Ended>
}

export interface CallerParts {
  /** Folder with the bundles; ours, or one built for the test. */
  readonly dist: string
  /** Path in the repository to content. */
  readonly files: Readonly<Record<string, string>>
  /** Copied below the repository: path there to path here. */
  readonly folders?: Readonly<Record<string, string>>
}

/** The text of a template as a team makes it its own. */
export const filledIn = (text: string): string =>
  text.replaceAll('OWNER/sluice', LIBRARY).replaceAll('@COMMIT', `@${COMMIT}`)

export function openCaller({ dist, files, folders = {} }: CallerParts): Caller {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-caller-'))
  const library = join(scratch, 'library')
  const folder = join(scratch, 'caller')
  const artifacts = join(scratch, 'artifacts')
  const attested = join(scratch, 'attested')
  mkdirSync(folder)
  pinAll(ROOT, LIBRARY, COMMIT, library)
  cpSync(join(ROOT, 'actions'), join(library, 'actions'), { recursive: true })
  cpSync(dist, join(library, 'dist'), { recursive: true })
  const unwanted = /\/(node_modules|\.sluice)(\/|$)/
  for (const [to, from] of Object.entries(folders)) {
    cpSync(from, join(folder, to), { recursive: true, filter: (path) => !unwanted.test(path) })
  }
  const git = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      'git',
      ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    if (status !== 0) throw new Error(stderr)
    return stdout.trim()
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    git('add', '.')
    git('commit', '--quiet', '--allow-empty', '--message', path)
  }
  git('init', '--quiet', '--initial-branch=main')
  git('remote', 'add', 'origin', 'https://github.com/acme/shop')
  write('.gitignore', 'node_modules/\n.sluice/\n')
  for (const [path, text] of Object.entries(files)) write(path, text)
  // Two runs at once share nothing but the repository.
  let runs = 0
  const run = (given: Run): Promise<Ended> => {
    runs += 1
    return runAct(
      folder,
      argvOf(given, {
        folder,
        library,
        artifacts,
        attested,
        event: join(scratch, `event-${runs}.json`),
        work: join(scratch, `act-${runs}`),
      }),
      given,
    )
  }
  return {
    folder,
    library,
    artifacts,
    attested,
    git,
    write,
    run,
    [Symbol.dispose]: () => rmSync(scratch, { recursive: true, force: true }),
  }
}

interface Places {
  readonly folder: string
  readonly library: string
  readonly artifacts: string
  readonly attested: string
  readonly event: string
  readonly work: string
}

function argvOf(
  {
    workflow,
    event,
    payload = {},
    inputs = {},
    secrets = {},
    token,
    actor = 'ada',
    env = {},
    inPlace = false,
  }: Run,
  at: Places,
): string[] {
  writeFileSync(
    at.event,
    JSON.stringify({ ...payload, ...(Object.keys(inputs).length > 0 ? { inputs } : {}) }),
  )
  const api = env['GITHUB_API_URL']
  const variables = {
    NO_COLOR: '1',
    // Where a job with id-token: write asks for its token; the stand-ins that sign in do not.
    ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/',
    SLUICE_TEST_ARTIFACTS: at.artifacts,
    SLUICE_TEST_ATTESTED: at.attested,
    SLUICE_TEST_KEPT: at.folder,
    ...env,
    // act names GitHub's own unless it is told.
    ...(api === undefined ? {} : { GITHUB_GRAPHQL_URL: api.replace(/\/v3$/, '/graphql') }),
  }
  const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
  const all = { ...secrets, ...(token === undefined ? {} : { GITHUB_TOKEN: token }) }
  return [
    ...[event, '--eventpath', at.event, '-W', `.github/workflows/${workflow}`],
    ...['-P', 'ubuntu-24.04=-self-hosted', '--pull=false', '--no-cache-server', '--json', '--actor', actor],
    // Workspaces of jobs, which act keeps where one has failed.
    ...['--action-cache-path', at.work],
    ...(inPlace ? ['--no-skip-checkout'] : []),
    ...['--local-repository', `${LIBRARY}@${COMMIT}=${at.library}`],
    ...usedOthers(at.library).flatMap(([reference, stand]) => [
      '--local-repository',
      `${reference}=${join(STAND_INS, stand)}`,
    ]),
    ...pairs('--env', variables),
    ...pairs('--secret', all),
  ]
}

/** `owner/name@sha` as it stands in the workflows, and the stand-in for it. */
function usedOthers(library: string): [string, string][] {
  const found = new Map<string, string>()
  for (const name of readdirSync(join(library, '.github'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yml')) continue
    const text = readFileSync(join(library, '.github', name), 'utf8')
    for (const [, repository = '', commit] of text.matchAll(/uses: ([\w.-]+\/[\w.-]+)@([0-9a-f]{40})/g)) {
      const stand = OTHERS[repository]
      if (stand !== undefined) found.set(`${repository}@${commit}`, stand)
    }
  }
  return [...found]
}

/** act ends its jobs with itself. Six jobs of a first deployment take this on a machine that does much else. */
const LONGEST_MS = 580_000

/** Lines of act's log, and what the jobs said of their end. */
function runAct(
  folder: string,
  argv: readonly string[],
  { path = process.env['PATH'], cancelled }: Pick<Run, 'path' | 'cancelled'>,
): Promise<Ended> {
  // act runs node24 actions with the first node on PATH; a container engine on this machine is none of the runner's.
  const env: Record<string, string | undefined> = {
    ...process.env,
    PATH: [dirname(process.execPath), path].join(delimiter),
  }
  delete env['DOCKER_HOST']
  return new Promise((resolve, reject) => {
    const child = spawn('act', argv, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
    })
    cancelled?.addEventListener('abort', () => child.kill('SIGINT'))
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => void chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => void chunks.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').map(entryOf)
      const jobs: Record<string, string> = {}
      for (const { job, jobResult } of lines)
        if (job !== undefined && jobResult !== undefined) jobs[job.trim()] = jobResult
      resolve({ code: code ?? -1, log: lines.map(({ msg }) => msg).join('\n'), jobs })
    })
  })
}

interface Entry {
  readonly msg: string
  readonly job?: string
  readonly jobResult?: string
}

function entryOf(line: string): Entry {
  try {
    const entry = JSON.parse(line) as Entry
    return { ...entry, msg: String(entry.msg).trimEnd() }
  } catch {
    return { msg: line }
  }
}
