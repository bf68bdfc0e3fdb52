import type { Step } from '../../../src/domain/system/step.ts'
import type { ServiceAccount } from '../service-account.ts'
import { type Access, connect } from './connect.ts'
import { permit } from './permit.ts'
import type { Site } from './site.ts'

export interface StepOf {
  /** `pipeline.step`. */
  readonly key: string
  /** Id of its construct, and the beginning of those of its permissions. */
  readonly id: string
  readonly step: Step
  readonly account: ServiceAccount
}

/** What a step may reach and is told: its places in buckets, and what it connects. */
export function stepAccess(site: Site, of: StepOf, runs: 'cloud-run' | 'machine'): Access {
  const { id, step, account } = of
  places(site, of)
  return connect(site, site.stack('compute'), { ...step, name: id, pipeline: pipelineOf(of), account, runs })
}

/** The pipeline of a key. */
function pipelineOf({ key, step }: Pick<StepOf, 'key' | 'step'>): string {
  return key.slice(0, -step.name.length - 1)
}

/** A step reads its inputs and writes its outputs, and no other part of a bucket. */
function places(site: Site, { id, step, account }: StepOf): void {
  const stack = site.stack('compute')
  const given = new Set<string>()
  const allow = (may: 'read' | 'write', all: Step['inputs']): void => {
    for (const [name, place] of Object.entries(all)) {
      if (place.kind !== 'bucket') continue
      const bucket = site.name('buckets', place.bucket)
      const prefix = place.path
      // The same part twice is one permission.
      const same = `${may} ${bucket}/${prefix}`
      if (given.has(same)) continue
      given.add(same)
      permit(stack, { name: id, account }, `${may}s-${name}`, { on: 'bucket', bucket, may, prefix })
      site.after(stack, place.bucket)
    }
  }
  allow('write', step.outputs)
  allow('read', step.inputs)
}
