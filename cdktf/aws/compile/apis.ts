import { HttpApi } from '../http-api.ts'
import type { Site } from './site.ts'

/** APIs without their routes: whoever connects one is told its address. */
export function apis(site: Site): void {
  const { system } = site
  for (const [name, { cors, domain }] of Object.entries(system.apis)) {
    const stack = site.stackOf(name)
    const api = new HttpApi(stack, `api-${name}`, {
      name: site.name('apis', name),
      cors,
      onlyDomain: domain !== undefined,
    })
    site.apis.set(name, api)
    stack.target('apis', name, domain === undefined ? api.url : `https://${domain}`)
    stack.target('logs', name, `cloudwatch:${site.region}:${api.logGroup}`)
  }
}
