import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { CloudError } from '../faults.ts'
import { type HttpFaultPlan, send } from './http-faults.ts'
import type { HttpDoor } from './sts.ts'

export type JsonInput = Readonly<Record<string, unknown>>

/** A service that speaks AWS JSON, with everything that was asked of it. */
export interface JsonDoor extends HttpDoor {
  readonly requests: { readonly name: string; readonly input: JsonInput }[]
  /** What goes wrong, by the name of a request and its number, from 1. */
  faults: HttpFaultPlan
}

/**
 * @param version of https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 * @param call one operation; a CloudError is the service's refusal
 */
export async function openJsonDoor(
  version: '1.0' | '1.1',
  call: (operation: string, input: JsonInput) => object,
): Promise<JsonDoor> {
  const requests: JsonDoor['requests'] = []
  const answer = (name: string, input: JsonInput): [status: number, body: object] => {
    try {
      return [200, call(name, input)]
    } catch (error) {
      if (!(error instanceof CloudError)) throw error
      return [400, { __type: error.code, message: error.message.slice(error.code.length + 2) }]
    }
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const name = String(request.headers['x-amz-target']).split('.')[1] ?? ''
      const input = JSON.parse(body) as JsonInput
      requests.push({ name, input })
      const fault = door.faults(name, requests.length)
      const [status, said] =
        fault?.kind === 'answer'
          ? [fault.status, { __type: fault.code, message: fault.message ?? fault.code }]
          : answer(name, input)
      const retryAfter = fault?.kind === 'answer' ? fault.retryAfter : undefined
      const headers = {
        'content-type': `application/x-amz-json-${version}`,
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      }
      send(response, { status, headers, body: JSON.stringify(said) }, fault, () => {})
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: JsonDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults: () => undefined,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return door
}
