import { modelPin } from '../domain/models/model.ts'
import type { Release } from '../domain/releases/release.ts'
import type { ServiceStatus } from '../providers/ports/services.ts'
import { servedRevision } from './serving.ts'

export interface Difference {
  readonly service: string
  readonly what: 'presence' | 'traffic' | 'image' | 'model' | 'instances'
  readonly ledger: string
  readonly served: string
}

/** Where what is served is not what the live release says (promise R22: an image has one owner). */
export function driftOf(
  live: Release | undefined,
  statuses: Readonly<Record<string, ServiceStatus>>,
): readonly Difference[] {
  const names = new Set([...Object.keys(live?.services ?? {}), ...Object.keys(statuses)])
  return [...names]
    .sort()
    .flatMap((service) => differences(service, live?.services[service], statuses[service]))
}

function differences(
  service: string,
  wanted: Release['services'][string] | undefined,
  status: ServiceStatus | undefined,
): readonly Difference[] {
  const served = status === undefined ? undefined : servedRevision(status)
  if (wanted === undefined) {
    if (served === undefined) return []
    return [{ service, what: 'presence', ledger: 'not released', served: served.image }]
  }
  if (status === undefined || served === undefined) {
    return [{ service, what: 'presence', ledger: wanted.image, served: 'nothing' }]
  }
  const found: Difference[] = []
  if (served.weight !== 100) {
    found.push({ service, what: 'traffic', ledger: '100 %', served: `${served.weight} %` })
  }
  if (served.image !== wanted.image) {
    found.push({ service, what: 'image', ledger: wanted.image, served: served.image })
  }
  const pin = wanted.model === undefined ? 'none' : `${wanted.model.name} ${modelPin(wanted.model)}`
  const pins = served.models.map((model) => `${model.name} ${modelPin(model)}`).join(', ') || 'none'
  if (pin !== pins) found.push({ service, what: 'model', ledger: pin, served: pins })
  if (status.state === 'paused') {
    found.push({ service, what: 'instances', ledger: 'running', served: 'paused' })
  } else if (served.running < served.desired) {
    const up = `${served.running} of ${served.desired} running`
    found.push({ service, what: 'instances', ledger: `${served.desired} running`, served: up })
  }
  return found
}
