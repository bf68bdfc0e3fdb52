import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { awsPrefix } from '../../../src/domain/names/aws-names.ts'
import { guardedAs } from '../../../src/domain/system/preview.ts'
import { awsBoundaryArn } from '../../../src/domain/trust/aws.ts'
import type { Site } from './site.ts'

/** Every role carries the boundary of `sluice bootstrap`: without it, who applies may not make it. */
export function bound(site: Site): void {
  const { name, environment } = site.system
  const prefix = awsPrefix({ system: name, environment: guardedAs(environment) })
  const boundary = awsBoundaryArn(site.account, prefix)
  for (const element of site.app.node.findAll()) {
    if (element instanceof IamRole) element.permissionsBoundary = boundary
  }
}
