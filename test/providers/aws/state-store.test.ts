import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  ListBucketsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { missingParts, tlsOnlyPolicy } from '../../../src/providers/aws/bucket-rules.ts'
import { openAwsStateStore } from '../../../src/providers/aws/state-store.ts'
import type { StateStore } from '../../../src/providers/ports/states.ts'
import { isWrite, type Moto, type Seen, startMoto } from '../../real/moto.ts'
import { describeReal } from '../../real.ts'
import { contextOf } from './context.ts'

// The account that moto gives to credentials that it does not know.
const ACCOUNT = '123456789012'
const REGION = 'eu-west-1'
const BUCKET = `sluice-state-${ACCOUNT}-${REGION}`
const ALL_THERE = [
  `bucket ${BUCKET}`,
  'public access block',
  'ownership enforced',
  'encryption',
  'TLS only',
  'versioning',
  'lifecycle of old versions',
  'identity provider token.actions.githubusercontent.com',
].map((what) => ({ what, state: 'there' }))
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

const isMaking = ({ method, path }: Seen): boolean => method === 'PUT' && path === `/${BUCKET}/`

describeReal('the state store of AWS', ['moto'], () => {
  let moto: Moto
  const stores: StateStore[] = []
  const open = (account = ACCOUNT, region = REGION): StateStore => {
    const store = openAwsStateStore(contextOf({ account, region }, { AWS_ENDPOINT_URL: moto.url }))
    stores.push(store)
    return store
  }
  const client = (region = REGION): S3Client =>
    new S3Client({
      region,
      endpoint: moto.url,
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
  const writes = (): string[] => moto.seen.filter(isWrite).map(({ method, path }) => `${method} ${path}`)

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS)
    moto = await startMoto()
  })
  beforeEach(() => moto.reset())
  afterAll(async () => {
    for (const store of stores) await store.close()
    await moto[Symbol.asyncDispose]()
    for (const name of Object.keys(CREDENTIALS)) delete process.env[name]
  })

  test('R21 a look changes nothing and says what is missing', async () => {
    const { place, parts } = await open().inspect()
    expect(place).toBe(`s3://${BUCKET}`)
    expect(parts.map(({ state }) => state)).toEqual(ALL_THERE.map(() => 'missing'))
    expect(writes()).toEqual([])
  })

  test('R21 makes the bucket whole, and the second time changes nothing', async () => {
    expect((await open().ensure()).parts).toEqual(ALL_THERE)
    moto.seen.length = 0
    expect((await open().ensure()).parts).toEqual(ALL_THERE)
    expect(writes()).toEqual([])
  })

  test('R21 every call about the bucket says whose it must be', async () => {
    await open().ensure()
    const about = moto.seen.filter(({ path }) => path.includes(BUCKET))
    const silent = about.filter(({ expectedOwner }) => expectedOwner !== ACCOUNT)
    expect(about.length).toBeGreaterThan(10)
    // There is nobody to expect while it is made.
    expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([`PUT /${BUCKET}/`])
  })

  test('R21 RACE two processes at once make one', async () => {
    // Both have seen that there is none before either makes it.
    moto.gather(({ method }) => method === 'HEAD', 2)
    const run = () =>
      promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, 'ensure-process.ts'), ACCOUNT, REGION],
        {
          env: { ...process.env, ...CREDENTIALS, AWS_ENDPOINT_URL: moto.url },
        },
      )
    const ended = await Promise.all([run(), run()])
    for (const { stdout } of ended) expect(JSON.parse(stdout)).toMatchObject({ parts: ALL_THERE })
    const made = moto.seen.filter(isMaking)
    expect(made.map(({ status }) => status).sort()).toEqual([200, 409])
    const { Buckets = [] } = await client().send(new ListBucketsCommand({}))
    expect(Buckets.map(({ Name }) => Name)).toEqual([BUCKET])
  })

  test('R21 the bucket of another account is refused and left alone', async () => {
    await client().send(
      new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    )
    moto.owners.set(BUCKET, '999999999999')
    moto.seen.length = 0
    await expect(open().ensure()).rejects.toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining(`${BUCKET} does not belong to account ${ACCOUNT}`),
    })
    expect(writes()).toEqual([])
  })

  test('R21 a bucket that stands in another region is refused and left alone', async () => {
    await client('us-west-2').send(
      new CreateBucketCommand({
        Bucket: BUCKET,
        CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
      }),
    )
    moto.seen.length = 0
    await expect(open().ensure()).rejects.toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('stands in us-west-2, not in eu-west-1'),
    })
    expect(writes()).toEqual([])
  })

  test('R21 a half-configured bucket is completed, and what others have set stays', async () => {
    const s3 = client()
    const who = { Bucket: BUCKET }
    const theirs = {
      Sid: 'Theirs',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:DeleteBucket',
      Resource: `arn:aws:s3:::${BUCKET}`,
    }
    await s3.send(
      new CreateBucketCommand({ ...who, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    )
    await s3.send(
      new PutBucketVersioningCommand({ ...who, VersioningConfiguration: { Status: 'Suspended' } }),
    )
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: theirs })
    await s3.send(new PutBucketPolicyCommand({ ...who, Policy }))
    const rule = {
      ID: 'theirs',
      Status: 'Enabled',
      Filter: { Prefix: 'tmp/' },
      Expiration: { Days: 3 },
    } as const
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({ ...who, LifecycleConfiguration: { Rules: [rule] } }),
    )
    expect((await open().ensure()).parts).toEqual(ALL_THERE)
    const policy = JSON.parse((await s3.send(new GetBucketPolicyCommand(who))).Policy ?? '{}')
    expect(policy.Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(['Theirs', 'SluiceTlsOnly'])
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand(who))
    expect(Rules.map(({ ID }) => ID)).toEqual(['theirs', 'sluice-old-versions'])
    expect((await s3.send(new GetBucketVersioningCommand(who))).Status).toBe('Enabled')
  })

  test('R21 the answer to the making is lost after the bucket was made', async () => {
    moto.loseAnswer(isMaking)
    expect((await open().ensure()).parts).toEqual(ALL_THERE)
    expect(moto.seen.filter(isMaking).map(({ status }) => status)).toEqual([200, 409])
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'R21 CRASH cut off after %i writes, the next run completes it',
    async (k) => {
      moto.dieAfter(k)
      await open()
        .ensure()
        .catch(() => undefined)
      moto.dieAfter(Number.POSITIVE_INFINITY)
      expect((await open().ensure()).parts).toEqual(ALL_THERE)
    },
  )

  test('R21 credentials of another account make nothing', async () => {
    await expect(open('999999999999').ensure()).rejects.toMatchObject({
      outcome: 'usage',
      message: expect.stringContaining(`the credentials are of account ${ACCOUNT}`),
    })
    expect(moto.seen.map(({ path }) => path)).toEqual(['/?Action=GetCallerIdentity'])
  })
})

test.each([
  ['as we write it', {}, true],
  ['with a list of one action', { Action: ['s3:*'] }, true],
  ['with a principal of AWS', { Principal: { AWS: '*' } }, true],
  ['with a boolean', { Condition: { Bool: { 'aws:SecureTransport': false } } }, true],
  ['that allows', { Effect: 'Allow' }, false],
  ['for one action', { Action: 's3:GetObject' }, false],
  ['for the bucket without its objects', { Resource: 'arn:aws:s3:::b' }, false],
  ['for another bucket', { Resource: ['arn:aws:s3:::c', 'arn:aws:s3:::c/*'] }, false],
  ['for one account', { Principal: { AWS: 'arn:aws:iam::1:root' } }, false],
  ['for TLS', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, false],
  [
    'from one address',
    { Condition: { Bool: { 'aws:SecureTransport': 'false' }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    false,
  ],
])('R21 a statement %s: TLS only %#', (_, change, expected) => {
  const [statement] = JSON.parse(tlsOnlyPolicy('b', undefined)).Statement
  const policy = JSON.stringify({ Statement: [{ ...statement, ...change }] })
  const found = {
    versioning: undefined,
    encryption: [],
    publicAccess: undefined,
    ownership: undefined,
    lifecycle: [],
  }
  expect(!missingParts('b', { ...found, policy }).includes('TLS only')).toBe(expected)
})
