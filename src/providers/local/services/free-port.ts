import { createHash } from 'node:crypto'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'

/** Below the range that systems take outgoing connections from (Linux: 32768 and up), so that it stays free. */
const FIRST = 20_000
const COUNT = 10_000

/** Any free port on 127.0.0.1, for a process that is about to start. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** Ports to try for a service without a fixed one: the same ones each time, so that its address is the same too. */
export function candidatePorts(folder: string, service: string, attempts = 20): readonly number[] {
  const start = createHash('sha256').update(`${folder}\0${service}`).digest().readUInt32BE(0)
  return Array.from({ length: attempts }, (_, i) => FIRST + ((start + i * 7) % COUNT))
}

/** `process 4711 (node)`: who listens on a port, where the system says so (Linux, own processes). */
export async function portHolder(port: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '')
    for (const inode of listeners(text, port)) inodes.add(`socket:[${inode}]`)
  }
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      if (!inodes.has(target)) continue
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')).trim()
      return `process ${pid} (${name})`
    }
  }
  return undefined
}

/** Inodes of the sockets that listen (state 0A) on the port: proc_net_tcp.rst of the Linux kernel. */
export function listeners(table: string, port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`))
    .map((fields) => fields[9] ?? '')
}
