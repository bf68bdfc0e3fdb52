/** List prices of AWS on demand, in US dollars, by region: what stands there around the clock, and no use. */
export interface AwsPrices {
  /** Day on which they were looked up, `2026-06-30`. */
  readonly asOf: string
  /** An hour of a single-AZ PostgreSQL server, by class. https://aws.amazon.com/rds/postgresql/pricing/ */
  readonly database: Readonly<Record<string, number>>
  /** A GB-month of gp3 of such a server. */
  readonly databaseStorage: number
  /** An hour of an application load balancer, without its capacity units. https://aws.amazon.com/elasticloadbalancing/pricing/ */
  readonly loadBalancer: number
  /** An hour of a NAT gateway, without what it carries. https://aws.amazon.com/vpc/pricing/ */
  readonly natGateway: number
  /** An hour of a vCPU and of a GB of Fargate, Linux on x86. https://aws.amazon.com/fargate/pricing/ */
  readonly fargate: { readonly asOf: string; readonly cpu: number; readonly memory: number }
}

/** What is not here has no price in an estimate, which says so. */
export const AWS_PRICES: Readonly<Record<string, AwsPrices>> = {
  'us-east-1': {
    asOf: '2026-06-30',
    database: { 'db.t4g.micro': 0.016, 'db.t4g.small': 0.032, 'db.t4g.medium': 0.065 },
    databaseStorage: 0.115,
    loadBalancer: 0.0225,
    natGateway: 0.045,
    fargate: { asOf: '2026-03-31', cpu: 0.04048, memory: 0.004445 },
  },
}
