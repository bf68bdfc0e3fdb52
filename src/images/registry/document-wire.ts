import type { IncomingMessage } from 'node:http'
import { builtin } from '../../runtime/node/builtin.ts'
import { flatHeaders, type Timeouts, type Wire, type WireRequest } from './wire.ts'

/**
 * Requests without a body whose answers are small, over Node's own client. To know an image takes one of them, and undici
 * would be a third of what that whole run costs (bench/build.ts).
 */
export function openDocumentWire(timeouts: Timeouts): Wire {
  const agents = new Map<string, InstanceType<typeof builtin.http.Agent>>()
  const agentOf = ({ protocol }: URL) => {
    const known = agents.get(protocol)
    if (known !== undefined) return known
    const agent = new (protocol === 'https:' ? builtin.https : builtin.http).Agent({ keepAlive: true })
    agents.set(protocol, agent)
    return agent
  }
  return {
    async exchange(asked) {
      const body = await answerOf(asked, agentOf(asked.url), timeouts)
      return { status: body.statusCode ?? 0, headers: flatHeaders(body.headers), body }
    },
    async close() {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

function answerOf(
  { method, url, headers, patience, signal }: WireRequest,
  agent: InstanceType<typeof builtin.http.Agent>,
  timeouts: Timeouts,
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? builtin.https : builtin.http
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent, signal })
    const wait = deadline((why) => outgoing.destroy(new Error(why)))
    const sent = (): void => wait.begin(timeouts[patience], 'no answer in time')
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) return sent()
      wait.begin(timeouts.connect, `no connection within ${timeouts.connect} ms`)
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', sent)
    })
    outgoing.once('response', (incoming) => {
      const next = deadline((why) => incoming.destroy(new Error(why)))
      const idle = (): void => next.begin(timeouts.idle, `nothing more came for ${timeouts.idle} ms`)
      // By then the socket is another request's.
      const { socket } = incoming
      wait.end()
      idle()
      socket.on('data', idle)
      incoming.once('close', () => {
        socket.off('data', idle)
        next.end()
      })
      resolve(incoming)
    })
    outgoing.once('error', (error) => {
      wait.end()
      reject(error)
    })
    outgoing.end()
  })
}

/** One wait at a time. */
function deadline(expire: (why: string) => void) {
  let timer: NodeJS.Timeout | undefined
  const end = (): void => clearTimeout(timer)
  return {
    begin(milliseconds: number, why: string): void {
      end()
      timer = setTimeout(() => expire(why), milliseconds)
    },
    end,
  }
}
