import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { toolBin } from '../tools-folder.ts'

export interface PubSubEmulator extends AsyncDisposable {
  /** Host and port of its REST door. */
  readonly rest: string
  /** Host and port that Google's clients speak gRPC to. */
  readonly grpc: string
  /** @throws where it answers anything but 200 */
  call(method: 'PUT' | 'POST', path: string, body?: object): Promise<Record<string, unknown>>
}

/** Google's in-memory Pub/Sub (scripts/tools/pubsub). It ends with this process, however that ends. */
export async function startPubSubEmulator(): Promise<PubSubEmulator> {
  const child = spawn(join(toolBin, 'pubsub-emulator'), { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { rest, grpc } = JSON.parse(line) as { rest: string; grpc: string }
  return {
    rest,
    grpc,
    async call(method, path, body = {}) {
      const answer = await fetch(`http://${rest}/v1/${path}`, { method, body: JSON.stringify(body) })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
      return JSON.parse(text) as Record<string, unknown>
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
