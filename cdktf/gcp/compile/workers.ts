import { dashed } from '../../../src/domain/names/aws-names.ts'
import type { Worker } from '../../../src/domain/system/system.ts'
import { GpuWorker } from '../gpu-worker.ts'
import { ServiceAccount } from '../service-account.ts'
import { connect, tagOf } from './connect.ts'
import { permit } from './permit.ts'
import type { Site } from './site.ts'

export function workers(site: Site): void {
  for (const worker of Object.values(site.system.workers)) {
    site.stackOf(worker.name)
    // Its boot script names what it connects.
    site.later(() => make(site, worker))
  }
}

/** By these a machine is found, watched and deleted. */
export function workerLabels(site: Site, name: string): Record<string, string> {
  const { system } = site
  return {
    'sluice-system': dashed(system.name),
    'sluice-environment': dashed(system.environment.name),
    'sluice-worker': dashed(name),
  }
}

/** Where a release says which image the machines of a worker run; no digest stands in a template. */
const pinOf = (worker: string): string => `workers/${worker}`

function make(site: Site, worker: Worker): void {
  const { project, location } = site
  const { name, image, script, gpu, disk, spot, machine } = worker
  const stack = site.stackOf(name)
  const fullName = site.name('workers', name)
  const account = new ServiceAccount(stack, `account-${name}`, {
    name: fullName,
    description: `Worker ${name} of ${site.prefix}`,
  })
  site.accounts.set(name, account)
  const access = connect(site, stack, { ...worker, account, runs: 'machine' })
  if (image !== undefined) {
    const repository = site.repositoryName(image)
    permit(stack, { name, account }, 'pulls', { on: 'repository', repository, location })
    permit(stack, { name, account }, 'reads-pin', {
      on: 'bucket',
      bucket: site.ledgerBucket,
      may: 'read',
      prefix: pinOf(name),
    })
  }
  // It deletes itself when it is idle, and no other machine.
  permit(stack, { name, account }, 'leaves', {
    on: 'project',
    project,
    role: 'roles/compute.instanceAdmin.v1',
    only: {
      title: `machines of ${fullName}`.slice(0, 100),
      expression: `resource.name.extract("/instances/{name}").startsWith("${fullName}-")`,
    },
  })
  const path = `assets/${name}.sh`
  if (script !== undefined) stack.assets.push({ path, source: script, how: 'copy' })
  const labels = workerLabels(site, name)
  const made = new GpuWorker(stack, `worker-${name}`, {
    name: fullName,
    location,
    gpu,
    disk,
    spot,
    labels,
    boot: {
      lifetime: worker.maxLifetime,
      idleStop: worker.idleStop,
      environment: access.environment,
      secrets: Object.fromEntries(
        Object.entries(access.secrets).map(([variable, { secret }]) => [variable, secret]),
      ),
      work:
        image === undefined
          ? { kind: 'script' }
          : {
              kind: 'image',
              pin: { bucket: site.ledgerBucket, object: pinOf(name) },
              registry: `${location}-docker.pkg.dev`,
              gpu: gpu > 0,
              ...(worker.command === undefined ? {} : { command: worker.command }),
            },
    },
    account: account.email,
    network: { network: site.network.id, subnet: site.network.subnetId, tag: tagOf(site, name) },
    publicAddress: site.system.environment.nat === 'none',
    ...(script === undefined ? {} : { script: path }),
    ...(machine === undefined ? {} : { machine }),
  })
  site.workers.set(name, { templateId: made.templateId, account })
  stack.target('workers', name, {
    kind: 'gce-worker',
    project,
    location,
    template: made.templateId,
    instances: labels,
    ...(image === undefined ? {} : { image: `gs://${site.ledgerBucket}/${pinOf(name)}` }),
  })
}
