import type { Problem } from '../../domain/error.ts'
import { fargateProblem } from '../../domain/machines/fargate.ts'
import { acceleratorsOf, lacks } from '../../domain/machines/gpu-regions.ts'
import { onMachines } from '../../domain/machines/task-machines.ts'
import { variableStem } from '../../domain/name.ts'
import { AWS_NAME_LIMITS, type AwsKind, awsName, dashed } from '../../domain/names/aws-names.ts'
import { parseDuration, parseSize } from '../../domain/quantity.ts'
import type { Path } from '../document.ts'
import { awsRollout } from './aws-rollout.ts'
import { awsTasks } from './aws-tasks.ts'
import { complain, complainOfKey, pairs, type Subject } from './subject.ts'

/** What AWS will not have, said before anything is synthesized. */
export function checkAws(subject: Subject, environment: string): Problem[] {
  return [
    ...names(subject, environment),
    ...sizes(subject),
    ...awsTasks(subject, environment),
    ...domains(subject, environment),
    ...functions(subject),
    ...outside(subject),
    ...classes(subject),
    ...machines(subject, environment),
    ...pushes(subject),
    ...awsRollout(subject),
  ]
}

const KINDS = Object.keys(AWS_NAME_LIMITS) as AwsKind[]

/** Every name fits its kind, and no two become one where only letters, digits and dashes are left. */
function names(subject: Subject, environment: string): Problem[] {
  const system = subject.value.system ?? ''
  const account = subject.value.environments?.[environment]?.account ?? '000000000000'
  return KINDS.flatMap((kind) => {
    const taken = new Map<string, string>()
    return pairs<object>(subject.value[kind]).flatMap(([name]) => {
      const full = awsName({ system, environment, account }, kind, name)
      const limit = AWS_NAME_LIMITS[kind]
      const first = taken.get(dashed(name))
      taken.set(dashed(name), first ?? name)
      if (full.length > limit) {
        const what = `its name on AWS, ${full}, has ${full.length} characters`
        return [complainOfKey(subject, [kind, name], what, `${kind} have at most ${limit}`)]
      }
      if (first === undefined) return []
      const what = `is ${dashed(name)} on AWS, and so is ${first}`
      return [complainOfKey(subject, [kind, name], what, 'names differ in more than ".", "_" and "-"')]
    })
  })
}

function sizes(subject: Subject): Problem[] {
  const services = pairs(subject.value.services).map(([name, { size }]) => ({
    path: ['services', name, 'size'] as Path,
    size,
  }))
  const steps = pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).flatMap(([name, { size, engine, gpu = 0, machine, nodes = 1 }]) =>
      (engine === 'ecs' && !onMachines({ gpu, machine })) ||
      (engine === undefined && gpu === 0 && nodes === 1)
        ? [{ path: ['pipelines', pipeline, 'steps', name, 'size'] as Path, size }]
        : [],
    ),
  )
  return [...services, ...steps].flatMap(({ path, size }) => {
    const memory = parseSize(size?.memory ?? '')
    if (size?.cpu === undefined || memory === undefined) return []
    const rule = fargateProblem(size.cpu, memory)
    return rule === undefined
      ? []
      : [complain(subject, path, `found ${size.cpu} vCPU with ${size.memory}`, rule)]
  })
}

/** A domain needs a zone, and only one service can take the requests that no domain tells apart. */
function domains(subject: Subject, environment: string): Problem[] {
  const { zone } = subject.value.environments?.[environment] ?? {}
  const services = pairs(subject.value.services)
  const nameless = services.filter(
    ([, { domain, public: isPublic }]) => isPublic === true && domain === undefined,
  )
  const problems = nameless
    .slice(1)
    .map(([name]) =>
      complainOfKey(
        subject,
        ['services', name, 'public'],
        `found without a domain, like ${nameless[0]?.[0]}`,
        'one public service of an environment may have no domain',
      ),
    )
  if (zone !== undefined) return problems
  const named: [string, string][] = [
    ...services
      .filter(([, { domain }]) => domain !== undefined)
      .map(([name]): [string, string] => ['services', name]),
    ...pairs(subject.value.apis)
      .filter(([, { domain }]) => domain !== undefined)
      .map(([name]): [string, string] => ['apis', name]),
  ]
  return [
    ...problems,
    ...named.map(([kind, name]) =>
      complain(
        subject,
        [kind, name, 'domain'],
        `environment ${environment} has no zone to prove it in`,
        `environments.${environment}.zone names the Route 53 zone of the domains`,
      ),
    ),
  ]
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
function functions(subject: Subject): Problem[] {
  return pairs(subject.value.functions).flatMap(([name, { memory, timeout }]) => {
    const path = ['functions', name]
    const problems: Problem[] = []
    if ((parseSize(memory ?? '') ?? 0) > 10_240 * 2 ** 20) {
      problems.push(complain(subject, [...path, 'memory'], `found ${memory}`, 'Lambda has at most 10240MiB'))
    }
    if ((parseDuration(timeout ?? '') ?? 0) > 900_000) {
      problems.push(
        complain(subject, [...path, 'timeout'], `found ${timeout}`, 'Lambda runs for at most 15m'),
      )
    }
    for (const [topic, { subscriber, 'ack-deadline': deadline }] of pairs(subject.value.topics)) {
      if (subscriber !== name || (parseDuration(deadline ?? '') ?? 0) >= (parseDuration(timeout ?? '') ?? 0))
        continue
      problems.push(
        complain(
          subject,
          ['topics', topic, 'ack-deadline'],
          `found ${deadline}, less than the timeout ${timeout} of function ${name}`,
          'a message stays hidden while its function runs',
        ),
      )
    }
    return problems
  })
}

/** Services find each other inside of the cluster; all others come through the load balancer. */
function outside(subject: Subject): Problem[] {
  const consumers: { path: Path; connects: readonly (string | undefined)[] | undefined }[] = [
    ...pairs(subject.value.functions).map(([name, { connects }]) => ({
      path: ['functions', name],
      connects,
    })),
    ...pairs(subject.value.workers).map(([name, { connects }]) => ({ path: ['workers', name], connects })),
    ...pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
      pairs(steps).map(([name, { connects }]) => ({
        path: ['pipelines', pipeline, 'steps', name],
        connects,
      })),
    ),
  ]
  return consumers.flatMap(({ path, connects }) =>
    (connects ?? []).flatMap((name, index) => {
      const service = name === undefined ? undefined : subject.value.services?.[name]
      return service === undefined || service.domain !== undefined
        ? []
        : [
            complain(
              subject,
              [...path, 'connects', index],
              `${name} is found inside of the cluster alone`,
              'functions, workers and steps reach a service by its domain',
            ),
          ]
    }),
  )
}

function classes(subject: Subject): Problem[] {
  const bad = (path: Path, value: string | undefined, prefix: string, example: string): Problem[] =>
    value === undefined || value.startsWith(prefix)
      ? []
      : [complain(subject, path, `found ${value}`, `a class of AWS such as ${example}`)]
  const gpus = pairs(subject.value.workers).flatMap(([name, { gpu, machine }]) =>
    machine !== undefined || [0, 1, 4, 8].includes(gpu ?? 1)
      ? []
      : [
          complain(
            subject,
            ['workers', name, 'gpu'],
            `found ${gpu} without a machine`,
            'machines of AWS have 1, 4 or 8; any other number needs `machine`',
          ),
        ],
  )
  return [
    ...pairs(subject.value.databases).flatMap(([name, database]) =>
      bad(['databases', name, 'class'], database.class, 'db.', 'db.t4g.micro'),
    ),
    ...pairs(subject.value.caches).flatMap(([name, cache]) =>
      bad(['caches', name, 'class'], cache.class, 'cache.', 'cache.t4g.micro'),
    ),
    ...gpus,
  ]
}

/**
 * SNS would push to a path only after the service has answered it once, and no copy of it runs when the stacks are first
 * applied; nor does it prove to the service who is calling
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html).
 */
function pushes(subject: Subject): Problem[] {
  return pairs(subject.value.topics).flatMap(([name, { path }]) =>
    path === undefined
      ? []
      : [
          complain(
            subject,
            ['topics', name, 'path'],
            `found ${path}, and AWS pushes nothing to services`,
            `there a service takes messages from its queue, ${variableStem(name)}_QUEUE: set: { topics.${name}.path: null }`,
          ),
        ],
  )
}

/** The family that workers and steps with GPUs get where they do not say. */
const DEFAULT_FAMILY = 'g5'

/** Machines with GPUs that the region does not have. */
function machines(subject: Subject, environment: string): Problem[] {
  const { region } = subject.value.environments?.[environment] ?? {}
  if (region === undefined) return []
  const workers = pairs(subject.value.workers).map(([name, { machine, gpu }]) => ({
    path: ['workers', name],
    machine,
    gpu: gpu ?? 1,
  }))
  const steps = pairs(subject.value.pipelines).flatMap(([pipeline, { steps }]) =>
    pairs(steps).map(([name, { machine, gpu }]) => ({
      path: ['pipelines', pipeline, 'steps', name],
      machine,
      gpu: gpu ?? 0,
    })),
  )
  return [...workers, ...steps].flatMap(({ path, machine, gpu }) => {
    const asked = machine ?? (gpu > 0 ? DEFAULT_FAMILY : undefined)
    if (asked === undefined || !lacks(region, asked)) return []
    const rule = `families of ${region} with accelerators: ${acceleratorsOf(region).join(', ') || 'none'}`
    return [
      machine === undefined
        ? complainOfKey(subject, path, `it would be of ${asked}, which ${region} does not have`, rule)
        : complain(subject, [...path, 'machine'], `found ${machine}, which ${region} does not have`, rule),
    ]
  })
}
