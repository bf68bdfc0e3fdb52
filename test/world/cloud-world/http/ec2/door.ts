import type { Machine } from './machine.ts'
import { type Ec2World, matches, type Place } from './world.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

type Form = Readonly<Record<string, string>>

/** Codes that EC2 gives with a status of its own: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const UNAVAILABLE = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InternalError',
  'Unavailable',
])
/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html: a request is good for five minutes. */
const GOOD_FOR = 5 * 60_000

/** The Query protocol of EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html */
export function ec2Door(world: Ec2World, form: Form, headers: Readonly<Record<string, string>>): Answer {
  const now = world.clock.now()
  const signed = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '')
  if (signed !== null) {
    const [, y, mo, d, h, mi, s] = signed.map(Number)
    const at = Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi, s)
    if (Math.abs(at - now) > GOOD_FOR) return refused('RequestExpired', 'Request has expired.')
  }
  switch (form['Action']) {
    case 'RunInstances':
      return runInstances(world, form)
    case 'DescribeInstances':
      return describe(world, form)
    case 'TerminateInstances':
      return terminate(world, form)
    case 'DescribeLaunchTemplateVersions':
      return template(world, form)
    default:
      return refused('InvalidAction', `the world does not know ${form['Action']}`)
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
function runInstances(world: Ec2World, form: Form): Answer {
  const { Action: _, Version: __, ClientToken = '', ...parameters } = form
  if (ClientToken.length > 64) return refused('InvalidParameterValue', 'ClientToken: 64 characters at most')
  if ((form['UserData']?.length ?? 0) > 16 * 1024 * 1.34)
    return refused('InvalidUserData', 'User data is limited to 16384 bytes')
  const place: Place = {
    market: form['InstanceMarketOptions.MarketType'] === 'spot' ? 'spot' : 'on-demand',
    type: form['InstanceType'] ?? '',
    subnet: form['NetworkInterface.1.SubnetId'] ?? '',
  }
  const made = world.launch(ClientToken, parameters, place)
  if (typeof made === 'string') return refused(made, `${place.type} in ${place.subnet}`)
  return answer(
    'RunInstancesResponse',
    `<reservationId>r-1</reservationId><instancesSet>${instance(made)}</instancesSet>`,
  )
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html; a new machine is shown after a while. */
function describe(world: Ec2World, form: Form): Answer {
  const filters: { Name: string; Values: string[] }[] = []
  for (let i = 1; form[`Filter.${i}.Name`] !== undefined; i++) {
    const Values = Object.keys(form).flatMap((key) =>
      key.startsWith(`Filter.${i}.Value.`) ? [form[key] ?? ''] : [],
    )
    filters.push({ Name: form[`Filter.${i}.Name`] ?? '', Values })
  }
  const now = world.clock.now()
  const shown = world.machines.filter(
    (machine) =>
      now - machine.launchedAt >= (world.options.hiddenFor ?? 0) &&
      (machine.endedAt === null || now - machine.endedAt < 3_600_000) &&
      filters.every((filter) => matches(machine, filter)),
  )
  const items = shown.map(
    (machine) =>
      `<item><reservationId>r-1</reservationId><instancesSet>${instance(machine)}</instancesSet></item>`,
  )
  return answer('DescribeInstancesResponse', `<reservationSet>${items.join('')}</reservationSet>`)
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html */
function terminate(world: Ec2World, form: Form): Answer {
  const ids = Object.keys(form).flatMap((key) => (key.startsWith('InstanceId.') ? [form[key] ?? ''] : []))
  for (const id of ids) {
    const machine = world.machines.find((one) => one.id === id)
    if (machine === undefined)
      return refused('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
    world.end(machine, 'Client.UserInitiatedShutdown')
  }
  return answer('TerminateInstancesResponse', '<instancesSet/>')
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html */
function template({ options }: Ec2World, form: Form): Answer {
  const data = `<userData>${Buffer.from(options.bootScript).toString('base64')}</userData>`
  const id = form['LaunchTemplateId'] ?? ''
  return answer(
    'DescribeLaunchTemplateVersionsResponse',
    `<launchTemplateVersionSet><item><launchTemplateId>${id}</launchTemplateId><versionNumber>1</versionNumber><defaultVersion>true</defaultVersion><launchTemplateData>${data}</launchTemplateData></item></launchTemplateVersionSet>`,
  )
}

function instance({ id, state, reason, launchedAt, market, type, subnet, tags }: Machine): string {
  const why =
    reason === null
      ? ''
      : `<stateReason><code>${reason}</code><message>${reason}: machine ended</message></stateReason>`
  const labels = Object.entries(tags).map(
    ([key, value]) => `<item><key>${escaped(key)}</key><value>${escaped(value)}</value></item>`,
  )
  const codes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48 }
  return `<item><instanceId>${id}</instanceId><instanceState><code>${codes[state]}</code><name>${state}</name></instanceState><instanceType>${type}</instanceType><launchTime>${new Date(launchedAt).toISOString()}</launchTime><subnetId>${subnet}</subnetId>${market === 'spot' ? '<instanceLifecycle>spot</instanceLifecycle>' : ''}${why}<tagSet>${labels.join('')}</tagSet></item>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function answer(root: string, inner: string): Answer {
  const xmlns = 'http://ec2.amazonaws.com/doc/2016-11-15/'
  return {
    status: 200,
    body: `<?xml version="1.0"?><${root} xmlns="${xmlns}"><requestId>1</requestId>${inner}</${root}>`,
  }
}

export function refused(code: string, text: string): Answer {
  return {
    status: UNAVAILABLE.has(code) ? 500 : code === 'RequestLimitExceeded' ? 503 : 400,
    body: `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${escaped(text)}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
  }
}
