import { externalError, usageError } from '../../../../domain/error.ts'
import { at, members, type QueryApi, QueryError } from '../../query.ts'
import type { Machine } from './judge.ts'
import { type Placement, type Refusal, refusalOf } from './placement.ts'

/** The tag by which a machine is a job's. */
export const JOB_TAG = 'sluice:job'

export interface LaunchOrder {
  readonly region: string
  readonly what: string
  readonly launchTemplate: string
  /** Equal tokens are the same machine for a day. At most 64 characters. */
  readonly token: string
  readonly userData: string
  readonly place: Placement
  readonly securityGroups: readonly string[]
  readonly publicAddress: boolean
  readonly tags: Readonly<Record<string, string>>
}

export type Launched =
  | { readonly kind: 'launched'; readonly id: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly said: string }
  /** A machine of this token was started from something that has changed since. */
  | { readonly kind: 'started-otherwise' }

/** The machines of EC2 that are jobs. Nothing here decides; every call may be repeated. */
export class Ec2Machines {
  readonly #api: QueryApi
  readonly #account: string

  constructor(api: QueryApi, account: string) {
    this.#api = api
    this.#account = account
  }

  /** The clock of EC2. */
  now(): number {
    return this.#api.now()
  }

  /** The boot script of a launch template, as plans know it. */
  async bootScript(region: string, launchTemplate: string, what: string): Promise<string> {
    const parameters = { LaunchTemplateId: launchTemplate, 'LaunchTemplateVersion.1': '$Default' }
    const answer = await this.#ask(region, 'DescribeLaunchTemplateVersions', parameters, what)
    const [version] = members(at(answer, 'launchTemplateVersionSet', 'item'))
    const data = at(version, 'launchTemplateData', 'userData')
    if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8')
    throw usageError({
      what: `${what}: launch template ${launchTemplate} has no boot script`,
      rule: 'a step runs as the stacks of its environment made it',
      remedy: 'run "sluice plan" and "sluice apply"',
    })
  }

  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
  async launch(order: LaunchOrder): Promise<Launched> {
    try {
      const answer = await this.#ask(order.region, 'RunInstances', parametersOf(order), order.what)
      const [machine] = machinesIn(at(answer, 'instancesSet', 'item'), order.what)
      if (machine !== undefined) return { kind: 'launched', id: machine.id }
      throw externalError('service', { what: `${order.what}: EC2 answers without a machine` })
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      if (error.name === 'IdempotentParameterMismatch') return { kind: 'started-otherwise' }
      const refusal = refusalOf(error.name)
      if (refusal === undefined) throw error
      return { kind: 'refused', refusal, said: `${error.name}: ${error.message}` }
    }
  }

  /** All machines with these tags, also those that ended within the last hour. */
  async find(
    region: string,
    tags: Readonly<Record<string, string>>,
    what: string,
  ): Promise<readonly Machine[]> {
    const filters = Object.entries(tags).flatMap(([tag, value], index) => [
      [`Filter.${index + 1}.Name`, `tag:${tag}`],
      [`Filter.${index + 1}.Value.1`, value],
    ])
    const found: Machine[] = []
    let token: string | undefined
    do {
      const page = token === undefined ? {} : { NextToken: token }
      const parameters = { ...Object.fromEntries(filters), MaxResults: '200', ...page }
      const answer = await this.#ask(region, 'DescribeInstances', parameters, what)
      for (const reservation of members(at(answer, 'reservationSet', 'item'))) {
        found.push(...machinesIn(at(reservation, 'instancesSet', 'item'), what))
      }
      const next = at(answer, 'nextToken')
      token = typeof next === 'string' && next !== '' ? next : undefined
    } while (token !== undefined)
    return found
  }

  /** Nothing where it is gone. */
  async terminate(region: string, id: string, what: string): Promise<void> {
    try {
      await this.#ask(region, 'TerminateInstances', { 'InstanceId.1': id }, what)
    } catch (error) {
      if (!(error instanceof QueryError) || error.name !== 'InvalidInstanceID.NotFound') throw error
    }
  }

  #ask(region: string, action: string, parameters: Readonly<Record<string, string>>, what: string) {
    const resource = action.startsWith('Describe') ? '*' : `arn:aws:ec2:${region}:${this.#account}:instance/*`
    return this.#api.ask({ service: 'ec2', region, action, parameters, what, resource })
  }
}

function parametersOf(order: LaunchOrder): Readonly<Record<string, string>> {
  const { place, token, userData, launchTemplate, tags, securityGroups, publicAddress } = order
  const network = 'NetworkInterface.1'
  const groups = securityGroups.map((id, i) => [`${network}.SecurityGroupId.${i + 1}`, id])
  const tagged = ['instance', 'volume'].flatMap((kind, i) => [
    [`TagSpecification.${i + 1}.ResourceType`, kind],
    ...Object.entries(tags).flatMap(([key, value], j) => [
      [`TagSpecification.${i + 1}.Tag.${j + 1}.Key`, key],
      [`TagSpecification.${i + 1}.Tag.${j + 1}.Value`, value],
    ]),
  ])
  const market = 'InstanceMarketOptions'
  return {
    'LaunchTemplate.LaunchTemplateId': launchTemplate,
    'LaunchTemplate.Version': '$Default',
    MinCount: '1',
    MaxCount: '1',
    ClientToken: token,
    InstanceType: place.machine,
    InstanceInitiatedShutdownBehavior: 'terminate',
    UserData: Buffer.from(userData).toString('base64'),
    [`${network}.DeviceIndex`]: '0',
    [`${network}.SubnetId`]: place.subnet,
    [`${network}.AssociatePublicIpAddress`]: String(publicAddress),
    [`${network}.DeleteOnTermination`]: 'true',
    ...Object.fromEntries(groups),
    ...Object.fromEntries(tagged),
    ...(place.market === 'spot'
      ? {
          [`${market}.MarketType`]: 'spot',
          [`${market}.SpotOptions.SpotInstanceType`]: 'one-time',
          [`${market}.SpotOptions.InstanceInterruptionBehavior`]: 'terminate',
        }
      : {}),
  }
}

const STATES = ['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'] as const

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html */
function machinesIn(items: unknown, what: string): readonly Machine[] {
  return members(items).map((item) => {
    const id = at(item, 'instanceId')
    const state = STATES.find((known) => known === at(item, 'instanceState', 'name'))
    const launchedAt = Date.parse(String(at(item, 'launchTime')))
    if (typeof id !== 'string' || state === undefined || !Number.isFinite(launchedAt)) {
      throw externalError('service', {
        what: `${what}: EC2 answers with a machine without id, state or time`,
      })
    }
    const [code, text] = [at(item, 'stateReason', 'code'), at(item, 'stateReason', 'message')]
    const tags = members(at(item, 'tagSet', 'item')).map((tag) => [
      String(at(tag, 'key')),
      String(at(tag, 'value')),
    ])
    return {
      id,
      state,
      launchedAt,
      spot: at(item, 'instanceLifecycle') === 'spot',
      reason: [code, text].filter((part) => typeof part === 'string' && part !== '').join(': '),
      tags: Object.fromEntries(tags),
    }
  })
}
