import { CloudError } from '../faults.ts'
import { type Attributes, isList, isObject, textOf, type Value } from '../value.ts'
import type { CloudWorld } from '../world.ts'
import { hash } from './identity.ts'
import type { Settings } from './resources.ts'

type Answer = (world: CloudWorld, settings: Settings, asked: Attributes) => Attributes

/** Data sources that are not a search for a resource. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  aws_caller_identity: ({ account }) => ({
    id: account,
    account_id: account,
    arn: `arn:aws:sts::${account}:assumed-role/apply/run`,
    user_id: 'AROAEXAMPLE:run',
  }),
  aws_region: (_, { region }) => ({
    id: region,
    name: region,
    region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  aws_partition: () => ({
    id: 'aws',
    partition: 'aws',
    dns_suffix: 'amazonaws.com',
    reverse_dns_prefix: 'com.amazonaws',
  }),
  aws_availability_zones: (_, { region }) => ({
    id: region,
    names: ['a', 'b', 'c'].map((letter) => `${region}${letter}`),
    zone_ids: [1, 2, 3].map((number) => `${region.replace(/-/g, '').slice(0, 4)}-az${number}`),
    group_names: [region],
  }),
  // Public parameters of Amazon's images: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
  aws_ssm_parameter: (_, { region }, asked) => {
    const name = textOf(asked['name']) ?? ''
    if (!name.startsWith('/aws/service/')) throw new CloudError('ParameterNotFound', name)
    const value = `ami-${hash(`${region}${name}`, 17)}`
    return {
      id: name,
      type: 'String',
      value,
      insecure_value: value,
      version: 1,
      arn: `arn:aws:ssm:${region}::parameter${name}`,
    }
  },
  aws_iam_policy_document: (_, __, asked) => {
    const json = JSON.stringify({
      Version: '2012-10-17',
      Statement: listOf(asked['statement']).filter(isObject).map(statement),
    })
    return { id: hash(json, 10), json, minified_json: json }
  },
  // Zones are registered before any stack: a domain is bought once.
  aws_route53_zone: (_, __, asked) => {
    const name = (textOf(asked['name']) ?? '').replace(/\.$/, '')
    const id = textOf(asked['zone_id']) ?? `Z${hash(name, 13).toUpperCase()}`
    return {
      id,
      zone_id: id,
      name,
      arn: `arn:aws:route53:::hostedzone/${id}`,
      private_zone: false,
      name_servers: [`ns-1.${name}`],
    }
  },
  google_client_config: (_, { project, region }) => ({
    id: project,
    project,
    region,
    zone: `${region}-a`,
    access_token: 'ya29.simulated',
  }),
  google_project: (_, settings, asked) => {
    const project = textOf(asked['project_id']) ?? settings.project
    return {
      id: `projects/${project}`,
      project_id: project,
      name: project,
      number: String(Number.parseInt(hash(project, 10), 16)),
    }
  },
  google_dns_managed_zone: (_, { project }, asked) => {
    const name = textOf(asked['name']) ?? ''
    return {
      id: `projects/${project}/managedZones/${name}`,
      name,
      project,
      dns_name: `${name.replace(/-/g, '.')}.`,
    }
  },
}

/** @throws CloudError where nothing of that type is like what was asked for. */
export function readData(world: CloudWorld, settings: Settings, type: string, asked: Attributes): Attributes {
  const answer = ANSWERS[type]
  if (answer !== undefined) return answer(world, settings, asked)
  const wanted = Object.entries(asked).filter(([, value]) => typeof value === 'string')
  const found = world.store.find(type, (attributes) =>
    wanted.every(([name, value]) => attributes[name] === value),
  )
  if (found === undefined)
    throw new CloudError('NotFound', `no ${type} is like ${JSON.stringify(Object.fromEntries(wanted))}`)
  return found.attributes
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
function statement(given: Attributes): Attributes {
  const rename: Readonly<Record<string, string>> = {
    sid: 'Sid',
    effect: 'Effect',
    actions: 'Action',
    resources: 'Resource',
    not_actions: 'NotAction',
  }
  const said = Object.entries(rename).flatMap(([from, to]): [string, Value][] => {
    const value = given[from]
    return value === undefined || value === null ? [] : [[to, value]]
  })
  const principals = listOf(given['principals']).filter(isObject)
  const principal = Object.fromEntries(
    principals.map((one) => [textOf(one['type']) ?? '', one['identifiers'] ?? []]),
  )
  const conditions: Record<string, Record<string, Value>> = {}
  for (const one of listOf(given['condition']).filter(isObject)) {
    const test = textOf(one['test']) ?? ''
    conditions[test] = { ...conditions[test], [textOf(one['variable']) ?? '']: one['values'] ?? [] }
  }
  return {
    Effect: 'Allow',
    ...Object.fromEntries(said),
    ...(principals.length === 0 ? {} : { Principal: principal }),
    ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
  }
}

const listOf = (value: Value | undefined): readonly Value[] => (isList(value) ? value : [])
