import { describe, expect, test } from 'vitest'
import { type ApproveOptions, approverOf } from '../../../src/commands/apply/approve.ts'
import { reviewsOnGitHub } from '../../../src/commands/apply/reviews.ts'
import type { World } from '../../../src/commands/command.ts'
import type { Review } from '../../../src/domain/plans/approval.ts'
import { Secret } from '../../../src/domain/secret.ts'
import type { Finding } from '../../../src/plan/guard.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'

const ID = 'abcdef012345'
const UNDECIDED: Finding = { kind: 'undecided', stack: 'data', text: 'the policy gave no answer' }
const ACTIONS = {
  GITHUB_ACTIONS: 'true',
  GITHUB_RUN_ID: '99',
  GITHUB_ACTOR: 'author',
  GITHUB_TRIGGERING_ACTOR: 'author',
}

function approve(
  world: {
    env?: Record<string, string>
    files?: Record<string, string>
    typed?: string
    reviews?: readonly Review[] | Error
  },
  options: ApproveOptions = {},
  findings: readonly Finding[] = [],
) {
  const { env = { USER: 'somebody' }, files = {}, typed, reviews } = world
  const given: World = {
    runtime: fakeRuntime({ env, files }),
    openProvider: () => Promise.reject(new Error('no cloud here')),
    request: { file: 'sluice.yml', environment: 'production', dryRun: false },
    ...(typed === undefined ? {} : { ask: async () => typed }),
    ...(reviews === undefined
      ? {}
      : {
          reviews: {
            of: async () => {
              if (reviews instanceof Error) throw reviews
              return reviews
            },
          },
        }),
  }
  return approverOf(given, 'production', ID, findings, options)
}

const review = (by: string, state: Review['state'] = 'approved'): Review => ({
  by,
  state,
  environment: 'production',
})

describe('at a terminal', () => {
  test('R13 the id of the plan is typed, and written down with who did', async () => {
    expect(await approve({ typed: ` ${ID} ` })).toMatchObject({ by: 'somebody', how: 'typed' })
  })

  test.each(['', 'yes', 'y', ID.slice(0, 11), `${ID}0`])('R13 %j approves nothing', async (typed) => {
    await expect(approve({ typed })).rejects.toMatchObject({ outcome: 'refused' })
  })

  test('R13 without a terminal the id is named, and nothing is approved by silence', async () => {
    expect(await approve({}, { approve: ID })).toMatchObject({ how: 'named' })
    await expect(approve({})).rejects.toThrow(`nobody has approved plan ${ID}`)
    await expect(approve({}, { approve: '000000000000' })).rejects.toThrow('is not the plan that is here')
  })

  test('R17 what no rule can decide needs somebody who looks', async () => {
    await expect(approve({}, { approve: ID }, [UNDECIDED])).rejects.toThrow('no rule can decide this plan')
    expect(await approve({ typed: ID }, {}, [UNDECIDED])).toMatchObject({ how: 'typed' })
  })
})

describe('in GitHub Actions', () => {
  test('R13 a reviewer of the environment who did not start the run approves', async () => {
    const approver = await approve({ env: ACTIONS, reviews: [review('reviewer')] })
    expect(approver).toMatchObject({ by: 'reviewer', how: 'reviewed' })
  })

  test.each<readonly [string, readonly Review[]]>([
    ['nobody', []],
    ['the author', [review('author')]],
    ['the author, whoever else approved', [review('author'), review('reviewer')]],
    ['a reviewer who said no', [review('other'), review('reviewer', 'rejected')]],
  ])('R13 %s is nobody else', async (_, reviews) => {
    await expect(approve({ env: ACTIONS, reviews })).rejects.toMatchObject({ outcome: 'refused' })
  })

  test('R13 who opened the pull request approves no plan of it, whoever started the run by a label', async () => {
    const files = {
      '/event.json': JSON.stringify({ pull_request: { number: 7, user: { login: 'Mallory' } } }),
    }
    const env = { ...ACTIONS, GITHUB_EVENT_PATH: '/event.json' }
    await expect(approve({ env, files, reviews: [review('mallory')] })).rejects.toThrow(
      'author and Mallory cannot approve the own run',
    )
    expect(await approve({ env, files, reviews: [review('reviewer')] })).toMatchObject({ by: 'reviewer' })
  })

  test('R13 an id in the workflow is no review, and neither is a terminal', async () => {
    await expect(approve({ env: ACTIONS, reviews: [], typed: ID }, { approve: ID })).rejects.toThrow(
      'nobody has reviewed environment production in this run',
    )
  })

  test('R13 reviews that cannot be read are none', async () => {
    await expect(approve({ env: ACTIONS })).rejects.toThrow('the reviews of this run cannot be read')
    await expect(approve({ env: ACTIONS, reviews: new Error('503') })).rejects.toThrow('503')
  })

  test('R13 they are read from the API at this moment, environment by environment', async () => {
    const runtime = fakeRuntime({
      env: { ...ACTIONS, GITHUB_REPOSITORY: 'o/r', GITHUB_API_URL: 'https://api.github.test' },
      http: ({ url }) =>
        url === 'https://api.github.test/repos/o/r/actions/runs/99/approvals'
          ? {
              status: 200,
              body: JSON.stringify([
                {
                  state: 'approved',
                  environments: [{ name: 'production' }, { name: 'staging' }],
                  user: { id: 7, login: 'reviewer' },
                },
              ]),
            }
          : { status: 404 },
    })
    expect(await reviewsOnGitHub(runtime, new Secret('token')).of('99')).toEqual([
      review('reviewer'),
      { ...review('reviewer'), environment: 'staging' },
    ])
  })
})

test('R8 whoever has read an approval from GitHub hands it in, and nobody is asked again', async () => {
  const approver = { by: 'reviewer', how: 'reviewed', at: '2026-11-21T18:00:00.000Z' } as const
  expect(await approve({ env: ACTIONS }, { approver })).toEqual(approver)
})
