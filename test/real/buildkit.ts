import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export interface TestBuildkit extends AsyncDisposable {
  /** For BUILDKIT_HOST. */
  readonly address: string
}

/**
 * A real BuildKit daemon of this suite's own; RUN has the network of this machine.
 * @param http registries that are spoken to without TLS.
 * @param megabytes how large its disk is, a file system of its own in memory; as large as ours where absent.
 */
export async function startBuildkit(http: readonly string[], megabytes?: number): Promise<TestBuildkit> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-buildkit-'))
  const socket = join(folder, 'sock')
  const root = join(folder, 'root')
  mkdirSync(root)
  if (megabytes !== undefined) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', root])
  }
  const config = join(folder, 'buildkitd.toml')
  const registries = http.map((host) => `[registry."${host}"]\nhttp = true\n`)
  writeFileSync(
    config,
    `root = "${root}"\n[grpc]\naddress = ["unix://${socket}"]\n[worker.containerd]\nenabled = false\n[worker.oci]\nenabled = true\nnetworkMode = "host"\n${registries.join('')}`,
  )
  const log = join(folder, 'log')
  const output = openSync(log, 'a')
  const child = spawn('buildkitd', [`--config=${config}`], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], HOME: folder },
  })
  closeSync(output)
  const ended = new Promise((resolve) => child.once('close', resolve))
  for (const deadline = Date.now() + 60_000; !(await answers(socket)); await wait(50)) {
    if (child.exitCode === null && Date.now() < deadline) continue
    throw new Error(`buildkitd did not start:\n${readFileSync(log, 'utf8')}`)
  }
  return {
    address: `unix://${socket}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
      if (megabytes !== undefined) execFileSync('umount', [root])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}
