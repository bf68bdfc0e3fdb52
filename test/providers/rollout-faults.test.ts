import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const FILES = {
  ecs: 'aws/ecs/scenarios.test.ts',
  ecsRequests: 'aws/ecs/requests.test.ts',
  ecsElsewhere: 'aws/ecs/elsewhere.test.ts',
  ecsCrash: 'aws/ecs/crash.test.ts',
  ecsChecks: 'aws/observer.test.ts',
  lambda: 'aws/function-scenarios.test.ts',
  lambdaFaults: 'aws/function-faults.test.ts',
  run: 'gcp/run-scenarios.test.ts',
  runFaults: 'gcp/run-faults.test.ts',
  runCrash: 'gcp/crash.test.ts',
  http: '../runtime/http.test.ts',
} as const
type Shown = readonly [file: keyof typeof FILES, name: string]
/** Shown by a test, or why there is no such thing on that platform. */
type Where = Shown | { readonly none: string }

/** Every way in which a rollout may go wrong -> where it is shown, platform by platform. */
const PHRASES: Readonly<Record<string, { ecs: Where; lambda: Where; run: Where }>> = {
  'service or cluster missing': {
    ecs: ['ecs', 'the cluster is missing'],
    lambda: ['lambdaFaults', 'the function is missing'],
    run: ['runFaults', 'the service is missing'],
  },
  'other account': {
    ecs: ['ecsElsewhere', 'R24 R30 another %s from request %s on'],
    lambda: ['lambdaFaults', 'another account with a function of the same name'],
    run: ['runFaults', 'another project, whose credentials see nothing of this one'],
  },
  'other region': {
    ecs: ['ecsElsewhere', "['region', 12]"],
    lambda: ['lambdaFaults', 'another region with a function of the same name'],
    run: ['runFaults', 'another region, which has no such service'],
  },
  'expired role mid-wait': {
    ecs: ['ecs', 'a role that has expired'],
    lambda: ['lambdaFaults', 'a role that has expired'],
    run: ['runFaults', 'a token that has expired'],
  },
  '403 at poll k': {
    ecs: ['ecsRequests', 'R24 a permission that is missing from poll %s on ends the wait at once'],
    lambda: ['lambdaFaults', '403 from the middle of the wait on'],
    run: ['runFaults', '403 from the middle of the wait on'],
  },
  '403 at poll k, then healed': {
    ecs: ['ecs', '403 at one look, then healed: the traffic goes back'],
    lambda: ['lambdaFaults', '403 at one look, then healed: the traffic goes back'],
    run: ['runFaults', '403 at one look, then healed: the traffic goes back'],
  },
  '100 % throttling for 10 minutes': {
    ecs: ['ecsRequests', 'R26 ten minutes of nothing but throttling from request %s on are survived'],
    lambda: ['lambdaFaults', 'ten minutes of nothing but throttling'],
    run: ['runFaults', 'ten minutes of nothing but throttling'],
  },
  hang: {
    ecs: ['ecsRequests', 'R25 a server that begins to %s ends the wait at the deadline'],
    lambda: ['lambdaFaults', 'nothing but silence from the middle on'],
    run: ['runFaults', 'nothing but silence from the middle on'],
  },
  drip: {
    ecs: ['ecsRequests', "test.each(['hang', 'drip'] as const)"],
    lambda: ['lambdaFaults', 'one answer that drips'],
    // Its client is our own HTTP, whose deadline covers the whole body.
    run: ['http', 'R25 a server that drips bytes is cut at the deadline'],
  },
  'truncated 200': {
    ecs: ['ecs', 'half of a 200 now and then'],
    lambda: ['lambdaFaults', 'half of a 200 now and then'],
    run: ['runFaults', 'half of a 200 now and then'],
  },
  'an empty list': {
    ecs: ['ecs', 'services: []'],
    lambda: ['lambdaFaults', 'an empty list of versions: it is published once more, which is the same'],
    run: ['runFaults', 'an empty list of traffic'],
  },
  'two PRIMARY': {
    ecs: ['ecs', 'two PRIMARY deployments'],
    lambda: ['lambdaFaults', 'an alias that leads to three versions'],
    run: { none: 'traffic that is split is a state of Cloud Run: see pinned traffic' },
  },
  'pinned traffic': {
    ecs: { none: 'a service has one task definition, and no split that outlives a deployment' },
    lambda: ['lambda', 'traffic that somebody else has pinned'],
    run: ['run', 'traffic that somebody else has pinned before'],
  },
  'unknown status': {
    ecs: ['ecs', 'a status that this version does not know'],
    lambda: ['lambdaFaults', 'a state of the version that this version does not know'],
    run: ['runFaults', 'a state of the revision that this version does not know'],
  },
  'desired 0': {
    ecs: ['ecs', 'desired 0 without allow-zero'],
    lambda: { none: 'a function has no copies' },
    run: ['run', 'desired 0 without allow-zero'],
  },
  superseded: {
    ecs: ['ecs', 'superseded by a newer deployment of somebody else'],
    lambda: ['lambda', 'superseded by another version of somebody else'],
    run: ['run', 'superseded by another revision of somebody else'],
  },
  'alarm INSUFFICIENT_DATA': {
    ecs: ['ecsChecks', "['INSUFFICIENT_DATA', 'rolled-back'"],
    lambda: ['lambda', 'an alarm with INSUFFICIENT_DATA'],
    run: ['run', 'an alarm without data'],
  },
  'no previous deployment': {
    ecs: ['ecs', 'a first release that fails: no previous one'],
    lambda: ['lambda', 'a first release that fails: no previous one'],
    run: ['run', 'a first release that fails: no previous one'],
  },
  'rollback that fails': {
    ecs: ['ecs', 'a rollback that fails'],
    lambda: ['lambda', 'a rollback that fails'],
    run: ['run', 'a rollback that fails'],
  },
  'image deleted mid-rollout': {
    ecs: ['ecsElsewhere', 'R29 an image that is deleted before its copies start'],
    lambda: ['lambda', 'an image that is deleted in the middle of the rollout'],
    run: ['run', 'an image that is deleted in the middle of the rollout'],
  },
  'tag moved': {
    ecs: [
      'ecsElsewhere',
      'R27 every container is named by digest, so a tag that is moved meanwhile changes nothing',
    ],
    lambda: ['lambda', 'a tag that is moved meanwhile: images are named by digest'],
    run: ['run', 'a tag that is moved meanwhile: images are named by digest'],
  },
  SIGINT: {
    ecs: ['ecsElsewhere', 'R28 a cancel after %s ms ends on exactly one release'],
    lambda: ['lambda', 'SIGINT while a step bakes'],
    run: ['run', 'SIGINT while the revision starts'],
  },
  SIGKILL: {
    ecs: ['ecsCrash', 'R28 killed at any request to ECS or the ledger'],
    lambda: ['lambdaFaults', 'R28 SIGKILL at any step that changes something'],
    run: ['runCrash', 'R28 killed at any request to Cloud Run or the ledger'],
  },
  'two rollouts at once': {
    ecs: ['ecsRequests', 'R30 of two rollouts of one service one is refused'],
    lambda: ['lambdaFaults', 'R30 of two rollouts at once one goes live'],
    run: ['runFaults', 'R30 of two rollouts at once one goes live'],
  },
}

const textOf = (file: keyof typeof FILES): string =>
  readFileSync(new URL(FILES[file], import.meta.url), 'utf8')

describe.each(Object.entries(PHRASES))('R23 %s', (_, platforms) => {
  test.each(Object.entries(platforms))('is shown on %s by a test that there is, or cannot be', (_, where) => {
    if ('none' in where) expect(where.none.length).toBeGreaterThan(10)
    else expect(textOf(where[0])).toContain(where[1])
  })
})

test.each([
  ['ECS', ['ecs'], 25],
  ['Lambda', ['lambda', 'lambdaFaults'], 35],
  ['Cloud Run', ['run', 'runFaults'], 35],
] as const)('R23 the tables of %s have so many rows', (_, files, least) => {
  const names = files.flatMap((file) =>
    [...textOf(file).matchAll(/\bname: '([^']+)'/g)].map(([, name]) => name),
  )
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThanOrEqual(least)
})
