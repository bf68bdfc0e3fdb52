import { createHash } from 'node:crypto'
import type { Ec2World, Place } from './world.ts'

/** One machine, as EC2 has it and as it was started. */
export interface Machine extends Place {
  readonly id: string
  readonly launchedAt: number
  endedAt: number | null
  state: 'pending' | 'running' | 'shutting-down' | 'terminated'
  /** `Client.UserInitiatedShutdown`. */
  reason: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly userData: string
  /** What the boot script exports of the run. */
  readonly variables: Readonly<Record<string, string>>
}

/** What happens on a machine. Milliseconds, from its launch where nothing else is said. */
export interface Behaviour {
  readonly boot?: number
  /** From its boot, if it does it all itself. */
  readonly work?: number
  readonly exit?: number
  readonly prints?: readonly string[]
  /** It says nothing, does nothing and does not switch itself off. */
  readonly dead?: boolean
  /** When EC2 gives notice of two minutes. */
  readonly interruptedAt?: number
  /** A checkpoint is kept whenever so much work is done. */
  readonly checkpoints?: number
  /** Uploading one takes so long: data first, the manifest at the end. */
  readonly upload?: number
}

const BOOT = 20_000
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
const NOTICE = 120_000

/** Seconds of the timers that are the first commands of a boot script; whatever comes before them makes them none. */
export function deadMen(script: string): readonly number[] {
  const seconds: number[] = []
  for (const line of script.split('\n').slice(1)) {
    const [, found] = /^systemd-run --unit=\S+ --on-active=(\d+) systemctl poweroff --force$/.exec(line) ?? []
    if (found === undefined) return seconds
    seconds.push(Number(found))
  }
  return seconds
}

/** `export NAME='value'` of a boot script, without what commands would say. */
export function bootVariables(script: string): Readonly<Record<string, string>> {
  const found = script.matchAll(/^export (\w+)='((?:[^']|'\\'')*)'$/gm)
  return Object.fromEntries(
    [...found].map(([, name, value]) => [name, (value ?? '').replaceAll("'\\''", "'")]),
  )
}

/** What `docker run` of a boot script hands to the container: the names of its SLUICE_ENV with the values that it exports. */
export function containerVariables({ userData, variables }: Machine): Readonly<Record<string, string>> {
  const [, words = ''] = /^SLUICE_ENV='([^']*)'$/m.exec(userData) ?? []
  const names = words.split('--env ').flatMap((word) => word.trim() || [])
  return Object.fromEntries(names.map((name) => [name, variables[name] ?? '']))
}

/** The agent of the boot script (cdktf/aws/step-agent.ts) as the cloud sees it; its own test runs it. */
export function run(world: Ec2World, machine: Machine, behaviour: Behaviour): void {
  const { boot = BOOT, work = 600_000, exit = 0, prints = [], checkpoints, upload = 1000 } = behaviour
  const booted = machine.launchedAt + boot
  const name = machine.variables['SLUICE_MACHINE'] ?? ''
  const alive = (): boolean => machine.state === 'pending' || machine.state === 'running'
  const say = (at: number, text: string): void =>
    world.at(at, () => {
      if (alive()) world.print(`life/${name}`, text, at)
    })
  world.at(booted, () => {
    if (machine.state === 'pending') machine.state = 'running'
  })
  if (behaviour.interruptedAt !== undefined && machine.market === 'spot') {
    const noticed = machine.launchedAt + behaviour.interruptedAt
    if (behaviour.dead !== true) say(noticed, 'interrupted')
    world.at(noticed + NOTICE, () => world.end(machine, 'Server.SpotInstanceTermination', noticed + NOTICE))
  }
  if (behaviour.dead === true) return
  say(booted, 'started')
  world.at(booted, () => {
    const done = resumedFrom(world, machine)
    const ends = booted + Math.max(0, work - done)
    for (let at = booted + 60_000; at < ends; at += 60_000) say(at, 'beat')
    for (const [index, text] of prints.entries()) {
      world.at(booted + index, () => {
        if (alive()) world.print(`step/${name}`, text, booted + index)
      })
    }
    for (
      let progress = done + (checkpoints ?? Number.POSITIVE_INFINITY);
      progress < work;
      progress += checkpoints ?? 0
    ) {
      keepCheckpoint(world, machine, progress, booted + progress - done, upload, alive)
    }
    say(ends, `exit ${exit}`)
    world.at(ends + 1000, () => world.end(machine, 'Client.InstanceInitiatedShutdown', ends + 1000))
  })
}

/** The work that the newest checkpoint of those offered holds, if its bytes are what its manifest says. */
function resumedFrom({ options }: Ec2World, { variables }: Machine): number {
  for (const uri of (variables['SLUICE_RESUME'] ?? '').split(' ').filter(Boolean)) {
    const manifest = options.objects.json(uri) as { data: string; files: { path: string; digest: string }[] }
    const [file] = manifest.files
    const bytes = options.objects.contents.get(
      `${variables['SLUICE_CHECKPOINTS']}${manifest.data}${file?.path}`,
    )
    if (bytes !== undefined && digest(bytes.bytes) === file?.digest) return Number(Buffer.from(bytes.bytes))
  }
  return 0
}

const digest = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

function keepCheckpoint(
  world: Ec2World,
  { variables }: Machine,
  progress: number,
  at: number,
  upload: number,
  alive: () => boolean,
): void {
  const place = variables['SLUICE_CHECKPOINTS'] ?? ''
  const { objects } = world.options
  const name = `at-${String(progress).padStart(12, '0')}`
  const data = `data/${variables['SLUICE_MACHINE']}/${name}/`
  const bytes = Buffer.from(String(progress))
  world.at(at, async () => {
    if (alive()) await objects.write(`${place}${data}state`, bytes)
  })
  world.at(at + upload, async () => {
    if (!alive()) return
    const manifest = {
      schema: 'sluice.checkpoint/v1',
      name,
      data,
      files: [{ path: 'state', size: bytes.length, digest: digest(bytes) }],
    }
    for (let number = Number(variables['SLUICE_NEXT'] ?? '1'); ; number++) {
      const uri = `${place}manifests/${String(number).padStart(6, '0')}.json`
      const done = await objects.write(uri, Buffer.from(JSON.stringify(manifest)), { absent: true })
      if (done !== 'conflict') return
    }
  })
}
