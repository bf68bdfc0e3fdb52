import { AwsRefusal, type SignedAnswer } from '../signed/door.ts'

/** A machine in the words of EC2. */
export interface Instance {
  readonly id: string
  readonly state: 'pending' | 'running' | 'stopped' | 'terminated'
  readonly launchedAt: number
  readonly tags: Readonly<Record<string, string>>
}

/** What the worker's machines can be asked to do; a name of a launch template is a worker's id. */
export interface Fleet {
  all(): readonly Instance[]
  /** `taken` where one runs, undefined where there is no such launch template. */
  launch(template: string, token: string | null): Promise<Instance | 'taken' | undefined>
  /** undefined where there is no such machine. */
  change(id: string, to: 'start' | 'stop' | 'terminate'): Promise<{ was: Instance; is: Instance } | undefined>
}

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
const CODES = { pending: 0, running: 16, terminated: 48, stopped: 80 } as const

/**
 * The operations of EC2's Query protocol that start, find and end machines
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/). Everything else is refused by name.
 *
 * @throws AwsRefusal with EC2's code.
 */
export async function answerEc2(fleet: Fleet, body: Buffer): Promise<SignedAnswer> {
  const form = new URLSearchParams(body.toString('utf8'))
  const action = form.get('Action') ?? ''
  switch (action) {
    case 'RunInstances':
      return answer(action, reservation(await launched(fleet, form)))
    case 'DescribeInstances':
      return answer(action, `<reservationSet>${wanted(fleet, form).map(item).join('')}</reservationSet>`)
    case 'StartInstances':
      return answer(action, await changed(fleet, form, 'start'))
    case 'StopInstances':
      return answer(action, await changed(fleet, form, 'stop'))
    case 'TerminateInstances':
      return answer(action, await changed(fleet, form, 'terminate'))
    default:
      throw new AwsRefusal(400, 'InvalidAction', `cloud local does not answer ${action || 'nothing'}`)
  }
}

/** EC2 says no in XML. */
export function refusalEc2(status: number, code: string, text: string): SignedAnswer {
  const error = `<Errors><Error><Code>${escaped(code)}</Code><Message>${escaped(text)}</Message></Error></Errors>`
  return xml(status, `<Response>${error}<RequestID>local</RequestID></Response>`)
}

async function launched(fleet: Fleet, form: URLSearchParams): Promise<Instance> {
  const template = form.get('LaunchTemplate.LaunchTemplateId') ?? ''
  const least = Number(form.get('MinCount') ?? '1')
  if (least > 1) throw capacity()
  const instance = await fleet.launch(template, form.get('ClientToken'))
  if (instance === 'taken') throw capacity()
  if (instance !== undefined) return { ...instance, state: 'pending' }
  throw new AwsRefusal(
    400,
    'InvalidLaunchTemplateId.NotFound',
    `The specified launch template, with template ID ${template}, does not exist.`,
  )
}

const capacity = (): AwsRefusal =>
  new AwsRefusal(500, 'InsufficientInstanceCapacity', 'On cloud local a worker has one machine at a time.')

function wanted(fleet: Fleet, form: URLSearchParams): readonly Instance[] {
  const ids = numbered(form, 'InstanceId')
  const all = fleet.all()
  const missing = ids.find((id) => !all.some((one) => one.id === id))
  if (missing !== undefined) throw notFound(missing)
  const filters = filtersOf(form)
  return all
    .filter(({ id }) => ids.length === 0 || ids.includes(id))
    .filter((one) => filters.every(({ name, values }) => values.includes(fieldOf(one, name))))
}

interface Filter {
  readonly name: string
  readonly values: readonly string[]
}

function filtersOf(form: URLSearchParams): readonly Filter[] {
  return numbered(form, 'Filter', '.Name').map((name, i) => ({
    name,
    values: numbered(form, `Filter.${i + 1}.Value`),
  }))
}

function fieldOf({ id, state, tags }: Instance, filter: string): string {
  if (filter === 'instance-id') return id
  if (filter === 'instance-state-name') return state
  if (filter.startsWith('tag:')) return tags[filter.slice('tag:'.length)] ?? ''
  throw new AwsRefusal(400, 'InvalidParameterValue', `The filter '${filter}' is invalid`)
}

async function changed(
  fleet: Fleet,
  form: URLSearchParams,
  to: 'start' | 'stop' | 'terminate',
): Promise<string> {
  const ids = numbered(form, 'InstanceId')
  const missing = ids.find((id) => !fleet.all().some((one) => one.id === id))
  if (missing !== undefined) throw notFound(missing)
  const items: string[] = []
  for (const id of ids) {
    const change = await fleet.change(id, to)
    if (change === undefined) throw notFound(id)
    const { was, is } = change
    items.push(
      `<item><instanceId>${id}</instanceId>${state('currentState', is)}${state('previousState', was)}</item>`,
    )
  }
  return `<instancesSet>${items.join('')}</instancesSet>`
}

const notFound = (id: string): AwsRefusal =>
  new AwsRefusal(400, 'InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)

/** `InstanceId.1`, `InstanceId.2`, ... */
function numbered(form: URLSearchParams, name: string, end = ''): readonly string[] {
  const found: string[] = []
  for (let i = 1; form.has(`${name}.${i}${end}`); i++) found.push(form.get(`${name}.${i}${end}`) ?? '')
  return found
}

const item = (instance: Instance): string => `<item>${reservation(instance)}</item>`

function reservation(instance: Instance): string {
  const tags = Object.entries(instance.tags).map(
    ([key, value]) => `<item><key>${escaped(key)}</key><value>${escaped(value)}</value></item>`,
  )
  const launched = new Date(instance.launchedAt).toISOString()
  const parts = [
    `<instanceId>${instance.id}</instanceId>`,
    state('instanceState', instance),
    `<launchTime>${launched}</launchTime>`,
    `<tagSet>${tags.join('')}</tagSet>`,
  ]
  return `<instancesSet><item>${parts.join('')}</item></instancesSet>`
}

const state = (name: string, instance: Instance): string =>
  `<${name}><code>${CODES[instance.state]}</code><name>${instance.state}</name></${name}>`

function answer(action: string, content: string): SignedAnswer {
  const root = `${action}Response`
  return xml(200, `<${root} xmlns="${NAMESPACE}"><requestId>local</requestId>${content}</${root}>`)
}

function xml(status: number, content: string): SignedAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${content}`
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]|\p{Cc}/gu, (character) => `&#${character.codePointAt(0)};`)
}
