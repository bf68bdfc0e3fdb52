/** List prices of Google Cloud on demand, in US dollars, by region: what stands there around the clock, and no use. */
export interface GcpPrices {
  /** Day on which they were looked up, `2026-05-31`. */
  readonly asOf: string
  /**
   * An hour of a vCPU and of a GiB of an instance of Cloud Run that always has its CPU, as ours do.
   * https://cloud.google.com/run/pricing (tier 1)
   */
  readonly run: { readonly cpu: number; readonly memory: number }
  /** An hour of a zonal PostgreSQL server of edition Enterprise, and a GiB-month of SSD. https://cloud.google.com/sql/pricing */
  readonly sql?: {
    readonly shared: Readonly<Record<string, number>>
    /** `db-custom-<vCPU>-<MiB>`: an hour of a vCPU and of a GiB. */
    readonly cpu: number
    readonly memory: number
    readonly storage: number
  }
}

const TIER_1 = { cpu: 0.000018 * 3600, memory: 0.000002 * 3600 }

/** What is not here has no price in an estimate, which says so. */
export const GCP_PRICES: Readonly<Record<string, GcpPrices>> = {
  'us-central1': {
    asOf: '2026-05-31',
    run: TIER_1,
    sql: {
      shared: { 'db-f1-micro': 0.0105, 'db-g1-small': 0.035 },
      cpu: 0.0413,
      memory: 0.007,
      storage: 0.17,
    },
  },
  'europe-west1': { asOf: '2026-05-31', run: TIER_1 },
}
