import { shortDigest } from '../../domain/digest.ts'
import type { System } from '../../domain/system/system.ts'
import type { ServiceStatus } from '../../providers/ports/services.ts'
import type { Event } from '../../runtime/events.ts'

/** What `up` would start, as rows of kind, name and details. */
export function upPlan(system: System): readonly (readonly [kind: string, name: string, details: string])[] {
  const services = Object.values(system.services).map((service) => {
    const port = service.local?.port
    const address =
      service.port === undefined ? 'no port' : port === undefined ? 'any free port' : `port ${port}`
    const count = Math.max(1, service.scale.min)
    return ['service', service.name, `${count} ${count === 1 ? 'process' : 'processes'}, ${address}`] as const
  })
  const databases = Object.values(system.databases).map(
    ({ name, engine, names }) => ['database', name, `${engine}: ${names.join(', ')}`] as const,
  )
  const buckets = Object.values(system.buckets).map(({ name }) => ['bucket', name, 's3'] as const)
  const others = (['functions', 'apis', 'workers', 'tables', 'topics', 'caches'] as const).flatMap((kind) =>
    Object.keys(system[kind]).map((name) => [kind.slice(0, -1), name, ''] as const),
  )
  return [...services, ...databases, ...buckets, ...others]
}

/** One service in the live display. */
export function serviceEvent(status: ServiceStatus): Event {
  const { state, text } = serviceState(status)
  return { kind: 'progress', task: status.service, state, text }
}

function serviceState({ service, state, url, revisions }: ServiceStatus): {
  state: 'running' | 'done' | 'failed' | 'skipped'
  text: string
} {
  const at = url === null ? '' : ` at ${url}`
  switch (state) {
    case 'absent':
      return { state: 'skipped', text: `nothing rolled out yet${at}` }
    case 'paused':
      return { state: 'skipped', text: `paused; resume it with: sluice operate resume --service ${service}` }
    case 'running':
    case 'rolling': {
      const parts = revisions.map((revision) => {
        const release = revision.release === null ? revision.id : shortDigest(revision.release)
        const share = revisions.length === 1 ? '' : ` ${revision.weight} %`
        return `release ${release}${share} ${revision.running}/${revision.desired}`
      })
      const trouble = revisions.find((revision) => revision.trouble !== null)?.trouble
      if (trouble !== undefined && trouble !== null) return { state: 'failed', text: trouble }
      const healthy = revisions.every((revision) => revision.healthy)
      return { state: healthy ? 'done' : 'running', text: `${parts.join(', ')}${at}` }
    }
    default:
      return state satisfies never
  }
}
