import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloudWorld } from '../world.ts'

export interface HttpDoor extends AsyncDisposable {
  readonly url: string
}

/**
 * GetCallerIdentity, all that the state backend asks of STS
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
 */
export async function openSts({ account }: CloudWorld): Promise<HttpDoor> {
  const server = createServer((request, response) => {
    request.resume()
    response.setHeader('content-type', 'text/xml')
    response.end(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::${account}:assumed-role/apply/run</Arn><UserId>AROAEXAMPLE:run</UserId><Account>${account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
