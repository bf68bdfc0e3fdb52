import type { Problem } from '../../domain/error.ts'
import { type CloudRunKind, cloudRunProblem } from '../../domain/machines/cloud-run.ts'
import { dashed } from '../../domain/names/aws-names.ts'
import { GCP_NAME_LIMITS, type GcpKind, gcpName, gcpStep } from '../../domain/names/gcp-names.ts'
import { parseSize } from '../../domain/quantity.ts'
import type { Path } from '../document.ts'
import { checkGcpMachines, engineOf, stepsOf } from './gcp-machines.ts'
import { complain, complainOfKey, isWritten, pairs, type Subject } from './subject.ts'

/** What Google Cloud will not have about what computes and serves, said before anything is synthesized. */
export function checkGcp(subject: Subject, environment: string): Problem[] {
  return [
    ...names(subject, environment),
    ...labels(subject, environment),
    ...sizes(subject),
    ...scales(subject),
    ...domains(subject, environment),
    ...checkGcpMachines(subject, environment),
  ]
}

const KINDS = Object.keys(GCP_NAME_LIMITS) as GcpKind[]

/** Every name fits its kind, and no two become one where only letters, digits and dashes are left. */
function names(subject: Subject, environment: string): Problem[] {
  const { project = '', region = '' } = subject.value.environments?.[environment] ?? {}
  const system = subject.value.system ?? ''
  const scope = { system, environment, project }
  if (/^[0-9]/.test(system)) {
    const rule = 'names on Google Cloud begin with a letter'
    return [complain(subject, ['system'], `found ${system}`, rule)]
  }
  const kinds = KINDS.flatMap((kind) =>
    among(
      subject,
      kind,
      pairs<object>(subject.value[kind]).map(([name]) => ({
        path: [kind, name],
        name,
        full: gcpName(scope, kind, name),
      })),
      kind === 'databases' ? databaseLimit(project, region) : GCP_NAME_LIMITS[kind],
    ),
  )
  const jobs = stepsOf(subject).map(({ path, pipeline, name }) => ({
    path,
    name: `${pipeline}.${name}`,
    full: gcpStep(scope, pipeline, name),
  }))
  return [...kinds, ...among(subject, 'steps', jobs, GCP_NAME_LIMITS.services)]
}

interface Named {
  readonly path: Path
  readonly name: string
  /** On Google Cloud. */
  readonly full: string
}

function among(subject: Subject, kind: string, all: readonly Named[], limit: number): Problem[] {
  const taken = new Map<string, string>()
  return all.flatMap(({ path, name, full }) => {
    const first = taken.get(full)
    taken.set(full, first ?? name)
    if (full.length > limit) {
      const what = `its name on Google Cloud, ${full}, has ${full.length} characters`
      return [complainOfKey(subject, path, what, `${kind} have at most ${limit} here`)]
    }
    if (first === undefined) return []
    const what = `is ${dashed(name)} on Google Cloud, and so is ${first}`
    return [complainOfKey(subject, path, what, 'names differ in more than ".", "_" and "-"')]
  })
}

/**
 * The id of a server has 98 characters with its project, and the path of its socket the 107 of Unix
 * (https://cloud.google.com/sql/docs/postgres/connect-run).
 */
function databaseLimit(project: string, region: string): number {
  const socket = `/cloudsql/${project}:${region}:/.s.PGSQL.5432`
  return Math.min(GCP_NAME_LIMITS.databases, 97 - project.length, 107 - socket.length)
}

/** https://cloud.google.com/resource-manager/docs/labels-overview */
function labels(subject: Subject, environment: string): Problem[] {
  return pairs(subject.value.environments?.[environment]?.tags).flatMap(([key, value]) => {
    const path = ['environments', environment, 'tags', key]
    const rule =
      'labels of Google Cloud are at most 63 of a-z, 0-9, "_" and "-", keys beginning with a letter'
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(key)) return [complainOfKey(subject, path, `found ${key}`, rule)]
    return /^[a-z0-9_-]{0,63}$/.test(value) ? [] : [complain(subject, path, `found ${value}`, rule)]
  })
}

function sizes(subject: Subject): Problem[] {
  const services = pairs(subject.value.services).map(([name, { size, port }]) => ({
    path: ['services', name, 'size'] as Path,
    kind: (port === undefined ? 'worker pool' : 'service') satisfies CloudRunKind as CloudRunKind,
    size,
  }))
  const jobs = stepsOf(subject).flatMap(({ path, step }) =>
    engineOf(step) === 'cloud-run'
      ? [{ path: [...path, 'size'] as Path, kind: 'job' as CloudRunKind, size: step.size }]
      : [],
  )
  return [...services, ...jobs].flatMap(({ path, kind, size }) => {
    const memory = parseSize(size?.memory ?? '')
    if (size?.cpu === undefined || memory === undefined) return []
    const rule = cloudRunProblem(kind, size.cpu, memory)
    return rule === undefined
      ? []
      : [complain(subject, path, `found ${size.cpu} vCPU with ${size.memory}`, rule)]
  })
}

/** https://cloud.google.com/run/docs/about-instance-autoscaling; a worker pool keeps the number that it is given. */
function scales(subject: Subject): Problem[] {
  return pairs(subject.value.services).flatMap(([name, { scale, port }]) => {
    const path = ['services', name, 'scale', 'cpu']
    if (!isWritten(subject, path)) return []
    const rule =
      port === undefined
        ? 'a service without a port is a worker pool of Cloud Run, which keeps a fixed number of copies: min'
        : 'Cloud Run adds copies by requests and by CPU on its own, and takes no target'
    return [complain(subject, path, `found ${scale?.cpu}`, rule)]
  })
}

/** A certificate is proved in a zone. */
function domains(subject: Subject, environment: string): Problem[] {
  if (subject.value.environments?.[environment]?.zone !== undefined) return []
  return pairs(subject.value.services).flatMap(([name, { domain }]) =>
    domain === undefined
      ? []
      : [
          complain(
            subject,
            ['services', name, 'domain'],
            `environment ${environment} has no zone to prove it in`,
            `environments.${environment}.zone names the domain of a zone of Cloud DNS`,
          ),
        ],
  )
}
