import { readFile } from 'node:fs/promises'

/**
 * A process beyond its number: after its end, or after a reboot, the number goes to another process. `born` tells them
 * apart: boot id and start tick on Linux, empty elsewhere (then only the number counts).
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly born: string
}

let own: Promise<ProcessIdentity> | undefined

export function thisProcess(): Promise<ProcessIdentity> {
  own ??= birth(process.pid).then((born) => ({ pid: process.pid, born: born ?? '' }))
  return own
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return identity.born === '' || (await birth(identity.pid)) === identity.born
}

/** Field 22 of /proc/PID/stat is the start time in ticks since boot (proc(5)); undefined where there is no such file. */
async function birth(pid: number): Promise<string | undefined> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // The second field is the command in brackets and may itself hold brackets and blanks.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${boot.trim()}:${ticks}`
  } catch {
    return undefined
  }
}
