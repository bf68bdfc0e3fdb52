import { readFile } from 'node:fs/promises'
import type { Exec } from '../../../runtime/runtime.ts'

/** One process and no later one with the same number: the pid with the moment that it started. */
export interface Identity {
  readonly pid: number
  /** Clock ticks since boot (Linux, proc(5) field 22), or what `ps -o lstart=` says elsewhere. */
  readonly started: string
}

/** undefined where there is no such process, or only its remains (a zombie). */
export async function identify(pid: number, exec: Exec): Promise<Identity | undefined> {
  const started = process.platform === 'linux' ? await linuxStart(pid) : await psStart(pid, exec)
  return started === undefined ? undefined : { pid, started }
}

export async function isRunning(identity: Identity, exec: Exec): Promise<boolean> {
  return (await identify(identity.pid, exec))?.started === identity.started
}

async function linuxStart(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : startOf(text)
}

/** The name stands in parentheses and may hold anything, so fields are counted from the last one. */
export function startOf(procStat: string): string | undefined {
  const fields = procStat.slice(procStat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

async function psStart(pid: number, exec: Exec): Promise<string | undefined> {
  const { code, stdout } = await exec.run(['ps', '-o', 'lstart=', '-p', String(pid)])
  const text = stdout.trim()
  return code === 0 && text !== '' ? text : undefined
}
