import * as z from 'zod'
import { CLOUDS } from '../../domain/system/system.ts'
import { domain, duration, line } from './text.ts'

const awsOrGoogle = z.string().regex(/^[a-z0-9-]{1,40}$/)

export const environment = z
  .strictObject({
    cloud: z.enum(CLOUDS).describe('Where it runs; `local` is this machine and needs no account'),
    region: awsOrGoogle
      .meta({ title: 'a region', examples: ['us-east-1', 'europe-west4'] })
      .optional()
      .describe('AWS region, or Google Cloud location'),
    account: z
      .string()
      .regex(/^[0-9]{12}$/)
      .meta({ title: 'an AWS account id of 12 digits', examples: ['222222222222'] })
      .optional()
      .describe('AWS account id, quoted because of leading zeros'),
    project: z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/)
      .meta({ title: 'a Google Cloud project id', examples: ['filmlens-prod'] })
      .optional()
      .describe('Google Cloud project id'),
    cidr: z
      .string()
      .regex(/^[0-9]{1,3}(\.[0-9]{1,3}){3}\/[0-9]{1,2}$/)
      .meta({ title: 'an IPv4 range', examples: ['10.20.0.0/16'] })
      .optional()
      .describe('Address range of the network; default chosen by the compiler'),
    zone: domain.optional().describe('DNS zone that the domains of the services belong to'),
    nat: z
      .enum(['none', 'single', 'per-zone'])
      .default('none')
      .describe("A private subnet's way out: none, one gateway, or one per availability zone"),
    tags: z.record(line, line).default({}).describe("Labels that every resource carries beside Sluice's own"),
    'billing-export': z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]\.[A-Za-z0-9_]{1,1024}\.[A-Za-z0-9_-]{1,1024}$/)
      .meta({ title: 'a table of BigQuery', examples: ['billing-prod.costs.gcp_billing_export_v1_0A1B2C'] })
      .optional()
      .describe('Table that the billing account is exported to; "operate status --cost" reads it'),
    preview: z
      .strictObject({
        keep: duration.describe(
          'A preview whose pull request nobody has touched for so long is removed by reap',
        ),
      })
      .optional()
      .describe(
        'Pull requests get environments made like this one: pr-123 like pr. It is not deployed itself',
      ),
    set: z
      .record(line, z.unknown())
      .default({})
      .describe('Overrides of this environment: dotted path -> value; null removes'),
  })
  .describe('One deployment of the system')
