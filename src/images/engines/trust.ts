import type { Problem } from '../../domain/error.ts'
import type { BuiltImage } from '../../domain/system/system.ts'
import type { Engine } from './engine.ts'
import { engineName } from './engine.ts'
import { isAtLeast } from './version.ts'

/** Who wrote what is built: `foreign` code comes from outside the repository, such as a pull request of a fork. */
export type Trust = 'own' | 'foreign'

/** Events of GitHub that may carry code of anybody. */
const FOREIGN_EVENTS = new Set([
  'pull_request',
  'pull_request_target',
  'pull_request_review',
  'pull_request_review_comment',
  'issue_comment',
  'workflow_run',
])

/**
 * @param env `SLUICE_TRUST=foreign` says it for other CI systems.
 * @param event the JSON of GITHUB_EVENT_PATH; undefined where it cannot be read.
 */
export function trustOf(env: Readonly<Record<string, string | undefined>>, event: unknown): Trust {
  if (env['SLUICE_TRUST'] === 'foreign') return 'foreign'
  if (!FOREIGN_EVENTS.has(env['GITHUB_EVENT_NAME'] ?? '')) return 'own'
  const { pull_request, workflow_run } = record(event)
  const head = record(record(pull_request)['head'])['repo'] ?? record(workflow_run)['head_repository']
  const name = record(head)['full_name']
  return typeof name === 'string' && name === env['GITHUB_REPOSITORY'] ? 'own' : 'foreign'
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The first with what a build can do to its host fixed (promise R46). */
const LEAST_BUILDKIT = [0, 28, 1] as const

/** Docker's own frontend, which every engine also has built in. */
const OWN_SYNTAX = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/

export interface Built {
  readonly image: BuiltImage
  /** The Dockerfile's path for people, and its `# syntax=`. */
  readonly file: string
  readonly syntax: string | undefined
}

/** What stands against building foreign code with this engine; nothing for code of one's own. */
export function distrust(trust: Trust, engine: Engine, { image, file, syntax }: Built): readonly Problem[] {
  switch (trust) {
    case 'own':
      return []
    case 'foreign':
      break
    default:
      return trust satisfies never
  }
  const rule = 'code from outside the repository is built'
  const problems: Problem[] = []
  if (engine.buildkit === null || !isAtLeast(engine.buildkit, LEAST_BUILDKIT)) {
    const what =
      engine.buildkit === null ? `${engineName(engine)} does not tell its BuildKit` : engineName(engine)
    problems.push({
      what,
      rule: `${rule} with BuildKit ${LEAST_BUILDKIT.join('.')} or newer`,
      remedy: 'update Docker, or make a builder: docker buildx create --use --driver docker-container',
    })
  }
  if (syntax !== undefined && !OWN_SYNTAX.test(syntax)) {
    problems.push({
      what: `# syntax=${syntax}`,
      rule: `${rule} with no program of its own choice in the builder`,
      remedy: 'remove the line, or name docker/dockerfile',
      at: file,
    })
  }
  if (image.ssh || Object.keys(image.secrets).length > 0) {
    problems.push({
      what: `image ${image.name} asks for ${image.ssh ? 'the SSH agent' : `secrets (${Object.keys(image.secrets).join(', ')})`}`,
      rule: `${rule} without any`,
      remedy: 'build it after it was merged',
    })
  }
  return problems
}
