import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineWorld } from '../world/cloud-world/engine-world.ts'
import { type FakeGitHub, TOKEN } from '../world/github/server.ts'
import { REPOSITORY } from '../world/github/store.ts'
import { type Caller, type Ended, filledIn, type Run } from './act.ts'
import { ACCOUNT } from './shop.ts'

const root = join(import.meta.dirname, '../..')
const RUN = 31
/** Of plans. */
export const KEY = 'a key of sixteen and more characters'

/** As the callers to copy name it, before a team has put its system there. */
export const roleOf = (role: 'plan' | 'apply'): string =>
  `arn:aws:iam::${ACCOUNT}:role/sluice/bootstrap/SYSTEM-production-${role}`

/** A caller to copy, as a team has it. */
export const callerOf = (name: string): string =>
  filledIn(readFileSync(join(root, 'workflows-templates', `${name}.yml`), 'utf8'))

/** act knows no protected branches. */
export const deployCaller = (): string =>
  callerOf('deploy').replace(/( {4}with:\n)/, '$1      protected-only: false\n')

/** Somebody reviews the environment in the run, once for each plan. */
export function approve({ store }: FakeGitHub, times = 1, login = 'grace', environment = 'production'): void {
  const user = store.account(login, 'write')
  for (let time = 0; time < times; time += 1) {
    store.approvals.push({ run: RUN, environments: [{ name: environment }], state: 'approved', user })
  }
}

/** Runs of workflows that sign in to the simulated account: the runner itself has no credentials. */
export function awsRuns(
  caller: Pick<Caller, 'run'>,
  engine: EngineWorld,
  github: FakeGitHub,
  env: Readonly<Record<string, string>> = {},
): (run: Partial<Run> & Pick<Run, 'workflow'>) => Promise<Ended> {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', ...rest } = engine.env
  const given = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
  return ({ env: more, ...run }) =>
    caller.run({
      event: 'push',
      token: TOKEN,
      secrets: { SLUICE_PLAN_KEY: KEY },
      ...run,
      env: {
        ...rest,
        ...github.env,
        SLUICE_TEST_ROLES: JSON.stringify({ [roleOf('plan')]: given, [roleOf('apply')]: given }),
        GITHUB_RUN_ID: String(RUN),
        GITHUB_REPOSITORY_ID: String(REPOSITORY.id),
        ...env,
        ...more,
      },
    })
}
