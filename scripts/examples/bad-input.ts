/** What people and machines send that is wrong, and the test that shows what becomes of it. */
export interface BadInput {
  readonly what: string
  readonly becomes: string
  /** Below the root of the repository. */
  readonly test: string
  /** A part of the test's name. */
  readonly named: string
}

const VIDEO = 'test/e2e/video-processing.test.ts'
const CATALOG = 'test/examples/catalog-apis.test.ts'

export const BAD_INPUT: readonly BadInput[] = [
  {
    what: 'a wrong token, an expired JWT',
    becomes: '401 with the reason, the body unread',
    test: VIDEO,
    named: 'a wrong, an expired, an unsigned and an absent token are refused',
  },
  {
    what: 'a file that is not a video, a playlist',
    becomes: '415',
    test: VIDEO,
    named: 'what is not a video is refused, and so is a playlist',
  },
  {
    what: 'an upload of 5 GB',
    becomes: '413 after its first line',
    test: VIDEO,
    named: 'an upload of 5 GB is refused by its first line',
  },
  {
    what: 'an upload that is too large and sent all the same',
    becomes: '413, whole, for whoever reads late',
    test: 'test/examples/refuse-unread.test.ts',
    named: 'a client that reads only after it has sent everything finds the whole refusal',
  },
  {
    what: 'a URL for 5 GB',
    becomes: '413, no URL',
    test: 'test/e2e/actor-detection-ministack.test.ts',
    named: 'R5 no URL is given for %s',
  },
  {
    what: 'SQL in an address, an id, a name',
    becomes: 'only text',
    test: VIDEO,
    named: 'SQL in an address, an id and a name is only text',
  },
  {
    what: 'SQL in a filter, any text at all',
    becomes: 'a value that no row has',
    test: 'test/examples/catalog-files.test.ts',
    named: 'whatever is written into a filter finds just the rows that are equal to it, and changes nothing',
  },
  {
    what: 'SQL, NUL and strange types in GraphQL',
    becomes: 'an error by name, or a value',
    test: CATALOG,
    named: 'filesByFilters hands over what is given, and nothing else',
  },
  {
    what: 'a deep GraphQL query, many aliases, many words',
    becomes: 'refused before it runs',
    test: CATALOG,
    named: 'a query may be five levels deep, and not six',
  },
  {
    what: 'an image that does not decode',
    becomes: '422, and left out where a catalog is loaded',
    test: 'test/e2e/fashion-catalog.test.ts',
    named: 'what is no picture, or too much of one, is refused',
  },
  {
    what: 'a month that the portal has not published',
    becomes: 'the pipeline stops, the window stays',
    test: 'test/e2e/chicago-crime.test.ts',
    named: 'a month that the portal has not published yet stops the pipeline',
  },
  {
    what: '429 and 500 from the portal',
    becomes: 'waited out, and given up after seven times',
    test: 'examples/chicago-crime/test/test_portal.py',
    named: 'test_waits_out_a_429_and_tries_again_after_a_500',
  },
  {
    what: 'a worker killed mid-video',
    becomes: 'converted after its restart, once',
    test: VIDEO,
    named: 'R28 a worker that is killed mid-video has converted it after its restart, once',
  },
  {
    what: 'a message that means nothing',
    becomes: 'a dead letter after five attempts',
    test: 'test/e2e/video-processing-aws.test.ts',
    named: 'a poisoned message lies with the dead letters after five attempts',
  },
]
