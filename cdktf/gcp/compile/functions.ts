import type { Func } from '../../../src/domain/system/system.ts'
import type { SystemStack } from '../../core/system-stack.ts'
import { CloudRunService } from '../cloud-run-service.ts'
import { SourceFunction } from '../function.ts'
import { FunctionBuilder } from '../function-builder.ts'
import { serviceTemplate } from '../run-template.ts'
import { ServiceAccount } from '../service-account.ts'
import { connect } from './connect.ts'
import { logsOf, runTemplate } from './services.ts'
import type { Site } from './site.ts'

/** Functions: those from source are built by Google, those with an image are services that a rollout moves. */
export function functions(site: Site): void {
  for (const func of Object.values(site.system.functions)) make(site, func)
}

function make(site: Site, func: Func): void {
  const { name, image } = func
  const stack = site.stackOf(name)
  const account = new ServiceAccount(stack, `account-${name}`, {
    name: site.name('functions', name),
    description: `Function ${name} of ${site.prefix}`,
  })
  site.accounts.set(name, account)
  if (image === undefined) fromSource(site, stack, func, account)
  else fromImage(site, stack, { ...func, image }, account)
  const logs = logsOf(site, 'cloud_run_revision', 'service_name', site.name('functions', name))
  stack.target('logs', name, logs)
}

function fromSource(site: Site, stack: SystemStack, func: Func, account: ServiceAccount): void {
  const { project, location } = site
  const { name, source, handler = 'index.handler', runtime = 'nodejs22', memory, timeout } = func
  const path = `assets/${name}.zip`
  stack.assets.push({ path, source: source ?? '.', how: 'zip' })
  const made = new SourceFunction(stack, `function-${name}`, {
    name: site.name('functions', name),
    project,
    region: location,
    builder: builderOf(site),
    path,
    handler: entryPoint(handler),
    runtime: runtimeId(runtime),
    memory,
    timeout,
    account: account.email,
  })
  site.callables.set(name, made)
  site.later(() => {
    const { environment, secrets, reads } = connect(site, stack, { ...func, account, runs: 'cloud-run' })
    made.tell({
      environment,
      secrets: Object.fromEntries(Object.entries(secrets).map(([key, { secret }]) => [key, secret])),
      after: reads,
    })
  })
}

/** `file.export` in sluice.yml; Google looks for the export alone, in the package's main file. */
export function entryPoint(handler: string): string {
  return handler.slice(handler.lastIndexOf('.') + 1)
}

/** AWS says `nodejs22.x` and `python3.13`, Google `nodejs22` and `python313`. */
export function runtimeId(runtime: string): string {
  return runtime.replace(/\.x$/, '').replaceAll('.', '')
}

/** One for all functions, where all come after it. */
function builderOf(site: Site): FunctionBuilder {
  const stack = site.stack('foundation')
  const known = stack.node.tryFindChild('builder')
  const { prefix: name, project, location: region } = site
  return known instanceof FunctionBuilder
    ? known
    : new FunctionBuilder(stack, 'builder', { name, project, region })
}

const GIB = 2 ** 30

/** A function says its memory alone: the least vCPU that go with it (https://cloud.google.com/run/docs/configuring/services/cpu). */
export function cpuOf(memory: number): number {
  if (memory <= 4 * GIB) return 1
  if (memory <= 8 * GIB) return 2
  return memory <= 16 * GIB ? 4 : 8
}

function fromImage(
  site: Site,
  stack: SystemStack,
  func: Func & { readonly image: string },
  account: ServiceAccount,
): void {
  const { name, image, memory, timeout } = func
  const { project, location } = site
  const made = new CloudRunService(stack, `function-${name}`, {
    name: site.name('functions', name),
    location,
    account: account.email,
  })
  site.callables.set(name, made)
  site.later(() => {
    const access = connect(site, stack, { ...func, account, runs: 'cloud-run' })
    const { environment, secrets } = access
    const size = { cpu: cpuOf(memory), memory: Math.max(memory, 512 * 2 ** 20) }
    const container = { name, image: site.templateImage(image), environment, secrets, size }
    const template = serviceTemplate(runTemplate(site, access, account, [container]), {
      port: 8080,
      scale: { min: 0, max: 100 },
      startTimeout: site.system.rollout.startTimeout,
    })
    stack.target('functions', name, {
      kind: 'cloud-run-service',
      project,
      location,
      service: made.name,
      url: site.urlOf(stack, 'functions', name),
      template: { ...template, timeout: `${Math.round(timeout / 1000)}s` },
    })
  })
}
