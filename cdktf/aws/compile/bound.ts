import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { awsBoundaryArn } from '../../../src/domain/trust/aws.ts'
import type { Site } from './site.ts'

/** Every role carries the boundary of `sluice bootstrap`: without it, who applies may not make it. */
export function bound(site: Site): void {
  const boundary = awsBoundaryArn(site.account, site.prefix)
  for (const element of site.app.node.findAll()) {
    if (element instanceof IamRole) element.permissionsBoundary = boundary
  }
}
