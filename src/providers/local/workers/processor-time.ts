import { readdir, readFile } from 'node:fs/promises'

/** Milliseconds of one clock tick: USER_HZ is 100 on every architecture that Node runs on (time(7)). */
const TICK = 10

/**
 * Milliseconds of processor time that a process group has had, with those of its members that have ended and were waited for. undefined where there
 * is no /proc.
 */
export async function processorTime(group: number): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined
  let sum = 0
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    sum += ticksOf(stat, group)
  }
  return sum * TICK
}

/** utime, stime, cutime and cstime, fields 14 to 17 of /proc/PID/stat (proc(5)), where field 5 is this group. */
export function ticksOf(procStat: string, group: number): number {
  // The name of the command stands in parentheses and may hold anything.
  const fields = procStat.slice(procStat.lastIndexOf(')') + 2).split(' ')
  if (Number(fields[2]) !== group) return 0
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}
