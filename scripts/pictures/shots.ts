/** What of each system is photographed, and what a reader who does not see it is told. */

export interface Shot {
  /** Of the file in docs/pictures. */
  readonly name: string
  readonly alt: string
  /** Where it is: a page of a service, or the report of the last verdict. */
  readonly at: { readonly service: string; readonly path: string } | 'report'
  /** Text that is on the page once it is ready. */
  readonly ready: string
  /** Name of a button that is pressed first. */
  readonly press?: string
  /** CSS pixels. */
  readonly height: number
}

export const SHOTS: Readonly<Record<string, readonly Shot[]>> = {
  'chicago-crime': [
    {
      name: 'chicago-crime-buckets',
      alt: 'A page of the bucket data: a folder for each month of the raw data',
      at: { service: 'bucket-page', path: '/data/0-raw-data/monthly-data/' },
      ready: '2026-01',
      height: 620,
    },
  ],
  'fashion-catalog': [
    {
      name: 'fashion-catalog-graphql',
      alt: 'The GraphQL page: a query by filters on the left, products of the catalogue on the right',
      at: { service: 'graphql-api', path: '/graphql' },
      ready: 's3://',
      press: 'Execute query',
      height: 620,
    },
    {
      name: 'fashion-catalog-rest',
      alt: 'Interactive documentation of the REST API: products by filters, one product, search by text',
      at: { service: 'rest-api', path: '/docs' },
      ready: '/search/image',
      height: 520,
    },
  ],
  filmlens: [
    {
      name: 'filmlens-docs',
      alt: 'Interactive documentation of the API that classifies films',
      at: { service: 'api', path: '/docs' },
      ready: '/predict',
      height: 480,
    },
    {
      name: 'filmlens-gate',
      alt: 'Report of the gate: the model that learned from 2 % of the films is rejected, with its metrics beside those of the champion',
      at: 'report',
      ready: 'f1',
      height: 460,
    },
  ],
  'video-processing': [
    {
      name: 'video-processing-docs',
      alt: 'Interactive documentation of the video API: sign-up, sign-in, the own videos',
      at: { service: 'web', path: '/docs' },
      ready: '/sessions',
      height: 760,
    },
  ],
}
