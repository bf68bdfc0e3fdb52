import { expect, test } from 'vitest'
import type { Report } from '../../../src/commands/command.ts'
import { releaseOf, type Verbs } from '../../../src/commands/release.ts'
import type { RolloutOptions } from '../../../src/commands/rollout.ts'
import { canonicalJson } from '../../../src/domain/canonical.ts'
import type { Decision } from '../../../src/domain/models/verdict.ts'
import type { CommandName, Outcome } from '../../../src/domain/outcome.ts'
import { World } from '../../world/cloud.ts'
import { judged, weights } from '../../world/judged.ts'
import { desk, SHOP_YAML } from '../../world/yaml.ts'

const WITH_MODEL = `${SHOP_YAML.replace('api: { image: api,', 'api: { image: api, model: taste,')}
buckets: { models: {} }
pipelines:
  taste:
    steps:
      train: { image: api, outputs: { model: models/model.json } }
      score: { image: api, needs: [train], inputs: { model: models/model.json }, outputs: { evaluation: models/evaluation/ } }
models:
  taste: { registry: "http://mlflow.test", evaluation: score, gate: { primary: { metric: f1, direction: higher, rule: superior }, bootstrap: true } }
`
const FOLDER = '/project/.sluice/test'

function report(
  command: CommandName,
  outcome: Outcome = 'done',
  outputs: Record<string, string> = {},
): Report {
  return {
    command,
    outcome,
    message: `${command} says ${outcome}`,
    outputs,
    data: {},
    summary: `about ${command}`,
  }
}

/** A release whose verbs only say that they ran; the gate answers `says` on the model `content`. */
async function scene(options: {
  yaml?: string
  says?: Decision
  content?: string
  build?: Outcome
  dryRun?: boolean
  /** How the first of two rollouts ends. */
  first?: Outcome
}) {
  const { yaml = WITH_MODEL, says = 'promote', content = 'two', build = 'done' } = options
  const cloud = new World()
  await judged(cloud, 'one')
  await cloud.registry.setAlias('taste', 'champion', '1', null)
  const { world, runtime } = desk(cloud, {
    files: { '/project/sluice.yml': yaml },
    dryRun: options.dryRun === true,
  })
  const ran: string[] = []
  let given: RolloutOptions | undefined
  const verbs: Verbs = {
    build: async () => {
      ran.push('build')
      return report('build', build, { images: 'i' })
    },
    train: async (_, { pipeline, force }) => {
      ran.push(`train ${pipeline}${force ? ' all' : ''}`)
      const evaluation = {
        schema: 'sluice.evaluation/v1',
        run: 'r',
        model: { name: 'taste', digest: weights(content) },
        champion: null,
        dataset: { digest: 'd' },
      }
      await runtime.files.write(`${FOLDER}/evaluation.json`, JSON.stringify(evaluation))
      return report('train', 'done', { 'model-version': '2' })
    },
    evaluate: async (_, { model }) => {
      ran.push(`evaluate ${model}`)
      const { verdict } = await judged(cloud, content, { verdict: says })
      await runtime.files.write(`${FOLDER}/verdict.json`, canonicalJson(verdict))
      return report('evaluate', says === 'promote' ? 'done' : 'refused', { verdict: says })
    },
    rollout: async (_, asked) => {
      ran.push('rollout')
      given = asked
      if (options.first !== undefined && ran.length === 2) return report('rollout', options.first)
      return report('rollout', 'done', { release: 'sha256:1', previous: '', url: 'http://web.test' })
    },
  }
  return { run: releaseOf(verbs), world, ran, rolledOut: () => given, runtime }
}

test('a release builds, trains, evaluates and rolls out, as one report', async () => {
  const { run, world, ran, rolledOut } = await scene({})
  const end = await run(world, {})
  expect(ran).toEqual(['build', 'train taste', 'evaluate taste', 'rollout'])
  expect(end).toMatchObject({
    command: 'release',
    outcome: 'done',
    outputs: { release: 'sha256:1', url: 'http://web.test', verdict: 'promote', 'model-version': '2' },
  })
  for (const part of ['build', 'train', 'evaluate', 'rollout']) expect(end.summary).toContain(`about ${part}`)
  expect(rolledOut()?.judged?.map(({ verdict }) => verdict.model.digest)).toEqual([weights('two')])
})

test('a rejected model ends the release refused, before anything rolls out', async () => {
  for (const says of ['reject', 'inconclusive'] as const) {
    const { run, world, ran } = await scene({ says })
    const end = await run(world, {})
    expect(end.outcome).toBe('refused')
    expect(end.message).toBe('evaluate taste: evaluate says refused')
    expect(ran).not.toContain('rollout')
  }
})

test('a model equal to the champion is not judged again, and the release goes on', async () => {
  const { run, world, ran, rolledOut } = await scene({ content: 'one' })
  expect((await run(world, {})).outcome).toBe('done')
  expect(ran).toEqual(['build', 'train taste', 'rollout'])
  expect(rolledOut()?.judged).toEqual([])
})

test('evidence that cannot be read goes to the gate, it is never skipped', async () => {
  const { run, world, ran, runtime } = await scene({})
  const write = runtime.files.write.bind(runtime.files)
  runtime.files.write = (path, content, options) =>
    write(path, path.endsWith('evaluation.json') ? '{"schema":"sluice.evaluation/v9"}' : content, options)
  await run(world, {})
  expect(ran).toContain('evaluate taste')
})

test('a system without models is built and rolled out', async () => {
  const { run, world, ran } = await scene({ yaml: SHOP_YAML })
  expect((await run(world, {})).outcome).toBe('done')
  expect(ran).toEqual(['build', 'rollout'])
})

test('with --keep-models nothing is trained; with --train every step is', async () => {
  const kept = await scene({})
  await kept.run(kept.world, { keepModels: true })
  expect(kept.ran).toEqual(['build', 'rollout'])
  expect(kept.rolledOut()).toMatchObject({ keepModels: true })
  const trained = await scene({})
  await trained.run(trained.world, { train: true })
  expect(trained.ran).toContain('train taste all')
})

test('a person may go on after a rejection, and rollout is told why', async () => {
  const { run, world, ran, rolledOut } = await scene({ says: 'reject' })
  await run(world, { forceReason: 'incident 12' })
  expect(ran).toContain('rollout')
  expect(rolledOut()).toMatchObject({ forceReason: 'incident 12' })
})

test('a part that fails ends the release with its outcome', async () => {
  const { run, world, ran } = await scene({ build: 'external' })
  expect((await run(world, {})).outcome).toBe('external')
  expect(ran).toEqual(['build'])
})

test('a dry run judges nothing that was not trained', async () => {
  const { run, world, ran } = await scene({ dryRun: true })
  await run(world, {})
  expect(ran).toEqual(['build', 'train taste', 'rollout'])
})

/** The registry of the model is a service of the system, on a cloud where it is nothing but that. */
const OWN_REGISTRY = WITH_MODEL.replace(
  '{ cloud: local }',
  '{ cloud: gcp, project: shop-1, region: europe-west1 }',
)
  .replace('"http://mlflow.test"', 'tracker')
  .replace(
    '  api: { image: api, model',
    '  tracker: { image: web, port: 5000, health: /health }\n  api: { image: api, model',
  )

test('a registry that is a service of the system starts before anything is trained', async () => {
  const { run, world, ran } = await scene({ yaml: OWN_REGISTRY, first: 'done' })
  expect((await run(world, {})).outcome).toBe('done')
  expect(ran).toEqual(['build', 'rollout', 'train taste', 'evaluate taste', 'rollout'])
})

test('a registry that does not start ends the release before anything is trained', async () => {
  const { run, world, ran } = await scene({ yaml: OWN_REGISTRY, first: 'rollback-failed' })
  expect((await run(world, {})).outcome).toBe('rollback-failed')
  expect(ran).toEqual(['build', 'rollout'])
})
