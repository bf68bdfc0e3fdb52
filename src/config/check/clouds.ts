import type { Problem } from '../../domain/error.ts'
import { ENGINES, type Engine } from '../../domain/system/step.ts'
import type { Cloud } from '../../domain/system/system.ts'
import { show } from '../document.ts'
import { complain, complainOfKey, isWritten, pairs, type Subject } from './subject.ts'

/** What an environment of each cloud must say, and what only some of them understand. */
const NEEDS: Readonly<Record<Cloud, readonly string[]>> = {
  local: [],
  aws: ['region', 'account'],
  gcp: ['project', 'region'],
}
const UNDERSTANDS: Readonly<Record<Cloud, readonly string[]>> = {
  local: [],
  aws: ['region', 'account', 'cidr', 'zone', 'nat', 'tags', 'preview'],
  gcp: ['region', 'project', 'cidr', 'zone', 'nat', 'tags', 'billing-export', 'preview'],
}
const REGION: Readonly<Record<Cloud, { pattern: RegExp; example: string }>> = {
  local: { pattern: /.*/, example: '' },
  aws: { pattern: /^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$/, example: 'us-east-1' },
  gcp: { pattern: /^[a-z]+-[a-z]+[0-9]{1,2}$/, example: 'europe-west4' },
}
/** Where steps run; on local each runs as a process, whatever it asks for elsewhere. */
const RUNS: Readonly<Record<Cloud, readonly Engine[]>> = {
  local: ENGINES,
  aws: ['ecs', 'ec2', 'batch', 'sagemaker'],
  gcp: ['cloud-run', 'vertex'],
}

export function checkClouds(subject: Subject, environment: string): Problem[] {
  const raw = subject.value.environments?.[environment]
  if (raw?.cloud === undefined) return []
  const { cloud } = raw
  return [
    ...definition(subject, environment, cloud),
    ...network(subject, environment),
    ...domains(subject, environment),
    ...engines(subject, environment, cloud),
    ...previews(subject, environment),
  ]
}

function definition(subject: Subject, name: string, cloud: Cloud): Problem[] {
  const path = ['environments', name]
  const missing = NEEDS[cloud].filter((key) => !isWritten(subject, [...path, key]))
  const foreign = [...new Set([...UNDERSTANDS.aws, ...UNDERSTANDS.gcp])].filter(
    (key) => isWritten(subject, [...path, key]) && !UNDERSTANDS[cloud].includes(key),
  )
  const region = subject.value.environments?.[name]?.region
  const { pattern, example } = REGION[cloud]
  return [
    ...missing.map((key) =>
      complainOfKey(subject, path, `${key} is missing`, `cloud ${cloud} needs ${NEEDS[cloud].join(' and ')}`),
    ),
    ...foreign.map((key) =>
      complainOfKey(
        subject,
        [...path, key],
        `found on cloud ${cloud}`,
        UNDERSTANDS[cloud].length === 0
          ? 'local needs nothing but cloud'
          : `${cloud} understands ${UNDERSTANDS[cloud].join(', ')}`,
      ),
    ),
    ...(region === undefined || pattern.test(region)
      ? []
      : [
          complain(
            subject,
            [...path, 'region'],
            `found ${show(region)}`,
            `a region of ${cloud} such as ${example}`,
          ),
        ]),
  ]
}

/** To take a preview away, its states must be found; where a team's own infrastructure keeps them, nobody knows. */
function previews(subject: Subject, name: string): Problem[] {
  const path = ['environments', name, 'preview']
  const isOwn = ['hcl', 'cdktf'].some((key) => isWritten(subject, ['infra', key]))
  if (!isOwn || !isWritten(subject, path)) return []
  return [
    complainOfKey(
      subject,
      path,
      "found beside a team's own infra",
      "previews are made of Sluice's own stacks",
    ),
  ]
}

function network(subject: Subject, name: string): Problem[] {
  const cidr = subject.value.environments?.[name]?.cidr
  if (cidr === undefined) return []
  const [address = '', bits = ''] = cidr.split('/')
  const octets = address.split('.').map(Number)
  const prefix = Number(bits)
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const fits =
    octets.every((octet) => octet <= 255) && prefix >= 16 && prefix <= 24 && number % 2 ** (32 - prefix) === 0
  return fits
    ? []
    : [
        complain(
          subject,
          ['environments', name, 'cidr'],
          `found ${cidr}`,
          'an IPv4 network from /16 to /24 without host bits, 10.20.0.0/16',
        ),
      ]
}

/** A certificate is proved in the zone, so every domain lies in it. */
function domains(subject: Subject, name: string): Problem[] {
  const zone = subject.value.environments?.[name]?.zone
  if (zone === undefined) return []
  const all = [
    ...pairs(subject.value.services).map(([service, { domain }]) => ({
      path: ['services', service, 'domain'],
      domain,
    })),
    ...pairs(subject.value.apis).map(([api, { domain }]) => ({ path: ['apis', api, 'domain'], domain })),
  ]
  return all.flatMap(({ path, domain }) =>
    domain === undefined || domain === zone || domain.endsWith(`.${zone}`)
      ? []
      : [
          complain(
            subject,
            path,
            `found ${domain}, outside the zone ${zone} of environment ${name}`,
            'domains lie in the zone of the environment',
          ),
        ],
  )
}

function engines(subject: Subject, name: string, cloud: Cloud): Problem[] {
  return [...enginesOf(subject, name, cloud), ...shapes(subject, cloud)]
}

/** What Batch alone can do, and what it cannot. On local a step is one process, which does all the work. */
function shapes(subject: Subject, cloud: Cloud): Problem[] {
  if (cloud === 'local') return []
  return pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).flatMap(([step, { engine, array, nodes = 1, gpu = 0, spot = false }]) => {
      const at = (key: string) => ['pipelines', pipeline, 'steps', step, key]
      const onBatch =
        engine === 'batch' || (engine === undefined && cloud === 'aws' && (gpu > 0 || nodes > 1))
      const problems: Problem[] = []
      if (array !== undefined && !onBatch) {
        problems.push(complain(subject, at('array'), `found ${array}`, 'only engine batch runs arrays'))
      }
      if (array !== undefined && nodes > 1) {
        problems.push(
          complain(subject, at('array'), `found ${array} with ${nodes} nodes`, 'an array or nodes'),
        )
      }
      // https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html#mnp-ce
      if (onBatch && nodes > 1 && spot) {
        const rule = 'Batch runs several nodes on no spot capacity; engine: sagemaker does'
        problems.push(complain(subject, at('spot'), `found true with ${nodes} nodes`, rule))
      }
      return problems
    }),
  )
}

function enginesOf(subject: Subject, name: string, cloud: Cloud): Problem[] {
  return pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).flatMap(([step, { engine }]) =>
      engine === undefined || RUNS[cloud].includes(engine)
        ? []
        : [
            complain(
              subject,
              ['pipelines', pipeline, 'steps', step, 'engine'],
              `found ${engine}, which cloud ${cloud} of environment ${name} does not have`,
              `engines of ${cloud}: ${RUNS[cloud].join(', ')}`,
            ),
          ],
    ),
  )
}
