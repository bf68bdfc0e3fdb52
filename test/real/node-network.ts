import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Node 0 has 10.0.0.1, node 1 has 10.0.0.2, and so on, beside their own loopback. */
const addressOf = (node: number): string => `10.0.0.${node + 1}`

/** Everything stands in namespaces of its own and goes with their last process. https://man7.org/linux/man-pages/man8/ip-netns.8.html */
const NETWORK = `set -e
mount -t tmpfs none /run
mkdir /run/netns
ip link add nodes type bridge
ip link set nodes up
for node in $(seq 0 $(($1 - 1))); do
  ip netns add node$node
  ip link add port$node type veth peer name eth0 netns node$node
  ip link set port$node master nodes up
  ip -n node$node addr add 10.0.0.$((node + 1))/24 dev eth0
  ip -n node$node link set lo up
  ip -n node$node link set eth0 up
done
echo ready
cat >/dev/null`

/** Machines with an address and a name each, on a wire of their own: none reaches another, or the world, by its loopback. */
export interface NodeNetwork extends AsyncDisposable {
  /** What runs a command on one of them. */
  on(node: number, command: readonly string[]): readonly [string, ...string[]]
}

/** @throws Error where this machine lets nobody make networks: needs root, `unshare` and `ip` */
export async function openNodeNetwork(nodes: number): Promise<NodeNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nodes-'))
  const hosts = join(folder, 'hosts')
  const names = Array.from({ length: nodes }, (_, node) => `${addressOf(node)} node${node}`)
  writeFileSync(hosts, `${['127.0.0.1 localhost', ...names].join('\n')}\n`)
  const argv = ['--net', '--mount', 'sh', '-c', NETWORK, 'sh', String(nodes)]
  const network = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(network, 'close')
  let said = ''
  network.stderr.on('data', (text) => {
    said += String(text)
  })
  const ready = await new Promise<boolean>((resolve) => {
    createInterface(network.stdout).on('line', (line) => line === 'ready' && resolve(true))
    network.once('close', () => resolve(false))
  })
  if (!ready) throw new Error(`no network of nodes: ${said}`)
  return {
    on: (node, command) => [
      ...(['nsenter', '--target', String(network.pid), '--net', '--mount', '--'] as const),
      ...['ip', 'netns', 'exec', `node${node}`, 'unshare', '--uts', 'sh', '-c'],
      'hostname "$1" && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"',
      ...['sh', `node${node}`, hosts, ...command],
    ],
    [Symbol.asyncDispose]: async () => {
      network.stdin.end()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}
