import type { Digest } from '../../src/domain/digest.ts'
import { digestOf, digestOfValue } from '../../src/domain/digest.ts'
import { gatePolicySchema } from '../../src/domain/models/policy.ts'
import type { Verdict } from '../../src/domain/models/verdict.ts'
import type { System } from '../../src/domain/system/system.ts'
import { service, shop, type World } from './cloud.ts'

export const POLICY = gatePolicySchema.parse({
  primary: { metric: 'f1', direction: 'higher', rule: 'noninferior', margin: 0.01 },
  floors: { f1: 0.8 },
})

/** The shop whose `api` loads a model. */
export function shopWithModel(changes: Partial<System> = {}): System {
  return shop({
    services: { web: service('web', { connects: ['api'] }), api: service('api', { model: 'taste' }) },
    models: {
      taste: {
        name: 'taste',
        registry: 'mlflow',
        evaluation: { pipeline: 'taste', step: 'score' },
        artifact: { pipeline: 'taste', step: 'train', output: 'model' },
        gate: POLICY,
      },
    },
    ...changes,
  })
}

export function weights(content: string): Digest {
  return digestOf(`weights ${content}`)
}

/** Registers a version and the gate's answer to it. */
export async function judged(
  world: World,
  content: string,
  changes: Partial<Verdict> = {},
): Promise<{ readonly verdict: Verdict; readonly digest: Digest }> {
  const champion = await world.registry.get('taste', { alias: 'champion' })
  const made = await world.registry.register({
    name: 'taste',
    digest: weights(content),
    source: `s3://models/${content}`,
    tags: {},
  } as never)
  const verdict: Verdict = {
    schema: 'sluice.verdict/v1',
    verdict: 'promote',
    reasons: [],
    metrics: [],
    slices: [],
    policy: POLICY,
    power: null,
    model: { name: 'taste', version: made.version, digest: made.digest },
    champion: champion === undefined ? null : { version: champion.version, digest: champion.digest },
    image: null,
    dataset: { digest: 'data', rows: 1000 },
    code: null,
    seed: 7,
    evidence: digestOf(`evidence ${content}`),
    look: 1,
    ...changes,
  }
  return { verdict, digest: digestOfValue(verdict) }
}
