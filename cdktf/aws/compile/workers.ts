import type { Worker } from '../../../src/domain/system/system.ts'
import { GpuWorker } from '../gpu-worker.ts'
import { ReleasedImage } from '../released-image.ts'
import { starterStatements } from '../task-roles.ts'
import { connect, type SecretRef, secretResources } from './connect.ts'
import { mapValues, repositories } from './services.ts'
import type { Site } from './site.ts'

export function workers(site: Site): void {
  for (const worker of Object.values(site.system.workers)) make(site, worker)
}

/** By these a machine is found, watched and terminated. */
export function workerTags(site: Site, name: string): Record<string, string> {
  const { system } = site
  return {
    'sluice:system': system.name,
    'sluice:environment': system.environment.name,
    'sluice:worker': name,
  }
}

function make(site: Site, worker: Worker): void {
  const { account, region } = site
  const { name, image, script, gpu, disk, spot, machine } = worker
  const stack = site.stackOf(name)
  const firewall = site.firewall(name)
  const access = connect(site, stack, { ...worker, firewall })
  const path = `assets/${name}.sh`
  if (script !== undefined) stack.assets.push({ path, source: script, how: 'copy' })
  const secrets = secretResources(access.secrets)
  const { subnetIds, publicAddress } = site.places
  const tags = workerTags(site, name)
  const released =
    image === undefined
      ? undefined
      : new ReleasedImage(stack, `released-${name}`, {
          name: `/sluice/${site.system.name}/${site.system.environment.name}/workers/${name}/image`,
          account,
          region,
          template: site.templateImage(image),
        })
  const made = new GpuWorker(stack, `worker-${name}`, {
    name: site.name('workers', name),
    account,
    region,
    gpu,
    disk,
    spot,
    tags,
    boot: {
      region,
      lifetime: worker.maxLifetime,
      idleStop: worker.idleStop,
      environment: access.environment,
      secrets: mapValues(access.secrets, bootSecret),
      work:
        released === undefined
          ? { kind: 'script' }
          : {
              kind: 'image',
              image: { parameter: released.name },
              gpu: gpu > 0,
              ...(worker.command === undefined ? {} : { command: worker.command }),
            },
    },
    subnetId: subnetIds[0] ?? '',
    firewall,
    publicAddress,
    statements: [
      ...access.statements,
      // It says what it does, in its own inventory.
      { actions: ['ssm:PutInventory'], resources: [`arn:aws:ec2:${region}:${account}:instance/*`] },
      ...(released === undefined ? [] : [released.statement]),
      ...(image === undefined
        ? secretStatement(secrets)
        : starterStatements({
            region,
            account,
            logs: `/workers/${site.logFolder}/${name}`,
            repositories: repositories(site, [{ image }]),
            secrets,
          })),
    ],
    ...(script === undefined ? {} : { script: path }),
    ...(machine === undefined ? {} : { machine }),
  })
  site.workers.set(name, made)
  stack.target('workers', name, {
    kind: 'ec2-worker',
    region,
    launchTemplate: made.launchTemplateId,
    instances: tags,
    ...(released === undefined ? {} : { image: released.name }),
  })
}

const bootSecret = ({ arn, key }: SecretRef): { id: string; key?: string } => ({
  id: arn,
  ...(key === undefined ? {} : { key }),
})

const secretStatement = (resources: string[]) =>
  resources.length === 0 ? [] : [{ actions: ['secretsmanager:GetSecretValue'], resources }]
