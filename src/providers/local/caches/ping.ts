import { createConnection } from 'node:net'

/**
 * Whether the server on this port takes our password and answers: `AUTH`, then `PING`, in RESP
 * (https://valkey.io/topics/protocol/). False for everybody else's server, and for none.
 *
 * @param patience milliseconds
 */
export function answersPing(port: number, password: string, patience = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    let said = ''
    const end = (answers: boolean): void => {
      socket.destroy()
      resolve(answers)
    }
    socket.setTimeout(patience, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('connect', () => socket.write(command('AUTH', password) + command('PING')))
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1')
      if (said.startsWith('-')) end(false)
      else if (said === '+OK\r\n+PONG\r\n') end(true)
    })
  })
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
