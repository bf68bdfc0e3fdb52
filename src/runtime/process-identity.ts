import { readFile } from 'node:fs/promises'
import type { Exec } from './runtime.ts'

/**
 * One process and no later one with the same number: after its end, or after a reboot, the number goes to another. On
 * Linux `started` is the boot id and the clock ticks since boot (proc(5), field 22); elsewhere what `ps -o lstart=` says,
 * or nothing where there is no way to ask: then only the number counts.
 */
export interface Identity {
  readonly pid: number
  readonly started: string
}

/** undefined where there is no such process, or only its remains (a zombie). */
export async function identify(pid: number, exec?: Exec): Promise<Identity | undefined> {
  const started = process.platform === 'linux' ? await linuxStart(pid) : await psStart(pid, exec)
  return started === undefined ? undefined : { pid, started }
}

export async function isRunning(identity: Identity, exec?: Exec): Promise<boolean> {
  return (await identify(identity.pid, exec))?.started === identity.started
}

/**
 * Field 22 of /proc/PID/stat, clock ticks since boot (proc(5)); undefined for a zombie. The name of the command stands in
 * parentheses and may hold anything, so fields are counted from the last one.
 */
export function startOf(procStat: string): string | undefined {
  const fields = procStat.slice(procStat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

let boot: Promise<string> | undefined

async function linuxStart(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  const ticks = text === undefined ? undefined : startOf(text)
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return ticks === undefined ? undefined : `${(await boot).trim()}:${ticks}`
}

async function psStart(pid: number, exec: Exec | undefined): Promise<string | undefined> {
  if (exec === undefined) return isThere(pid) ? '' : undefined
  const { code, stdout } = await exec.run(['ps', '-o', 'lstart=', '-p', String(pid)])
  const text = stdout.trim()
  return code === 0 && text !== '' ? text : undefined
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
