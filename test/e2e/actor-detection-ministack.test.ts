import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { CreateLaunchTemplateCommand, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtDetector, builtFunctions } from '../../examples/actor-detection/build.ts'
import { clipOf } from '../../examples/actor-detection/clips/clip.ts'
import { writeClip } from '../../examples/actor-detection/clips/encode.ts'
import { loadFilms } from '../../examples/actor-detection/loader/table.ts'
import { loadDocument } from '../../src/config/load.ts'
import type { System } from '../../src/domain/system/system.ts'
import { definitionOf } from '../../src/providers/local/tables/definition.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { type Ministack, startMinistack } from '../real/ministack.ts'
import { describeReal } from '../real.ts'

const ROOT = join(import.meta.dirname, '../..')
const [RAW, PROCESSED, TABLE] = ['films-raw', 'films-processed', 'films-movie-entities']
const FILM = { movieId: 'night-bakery', title: 'Night Bakery', genre: 'drama', director: 'S. Brandt' }

/**
 * The same functions, detector, routes and table on an emulator of AWS: API Gateway, Lambda, S3, DynamoDB and EC2. Its machines are
 * records alone, so what one would run is run beside, out of the bucket that it would fetch it from.
 */
describeReal('actor-detection on ministack', ['ministack', 'ffmpeg'], () => {
  let ministack: Ministack
  let folder: string
  let url: string
  let system: System
  let machine: ChildProcess | undefined
  let template = ''
  const variables: Record<string, string> = {}
  let clients: { s3: S3Client; dynamo: DynamoDBClient; ec2: EC2Client; lambda: LambdaClient }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'actors-'))
    ministack = await startMinistack()
    const document = await loadDocument(nodeFiles, join(ROOT, 'examples/actor-detection/sluice.yml'), ROOT)
    const production = document.environments.find(({ name }) => name === 'production')
    if (production === undefined) throw new Error('no production')
    system = production.system
    Object.assign(variables, {
      AWS_ENDPOINT_URL: `http://${ministack.host}`,
      AWS_REGION: ministack.region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })
    const common = {
      endpoint: `http://${ministack.host}`,
      region: ministack.region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }
    clients = {
      s3: new S3Client({ ...common, forcePathStyle: true }),
      dynamo: new DynamoDBClient(common),
      ec2: new EC2Client(common),
      lambda: new LambdaClient(common),
    }
    await Promise.all([storage(), access()])
    await loadFilms(clients.dynamo, TABLE, [FILM])
  }, 180_000)
  afterAll(async () => {
    machine?.kill('SIGKILL')
    for (const client of Object.values(clients)) client.destroy()
    await ministack[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  /** Buckets, and the table as sluice.yml has it. */
  async function storage(): Promise<void> {
    for (const Bucket of [RAW, PROCESSED]) {
      await clients.s3.send(
        new CreateBucketCommand({
          Bucket,
          CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
        }),
      )
    }
    const table = system.tables['movie-entities']
    if (table === undefined) throw new Error('no table')
    await clients.dynamo.send(
      new CreateTableCommand(definitionOf(table, TABLE) as unknown as CreateTableCommandInput),
    )
    const code = { Bucket: RAW, Key: 'code/detector.mjs', Body: await builtDetector() }
    await clients.s3.send(new PutObjectCommand(code))
  }

  /** The launch template, the functions with the variables of sluice.yml, and the API with its routes. */
  async function access(): Promise<void> {
    const made = await clients.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'detector',
        LaunchTemplateData: { ImageId: 'ami-12345678', InstanceType: 'g5.xlarge' },
      }),
    )
    template = made.LaunchTemplate?.LaunchTemplateId ?? ''
    const connected = { RAW_BUCKET: RAW, PROCESSED_BUCKET: PROCESSED, DETECTOR_ID: template }
    const arns = new Map<string, string>()
    for (const [path, text] of await builtFunctions('inside')) {
      const name = basename(dirname(path))
      const { FunctionArn = '' } = await clients.lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: `arn:aws:iam::${ministack.account}:role/films`,
          Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from(text) }) },
          Timeout: 30,
          MemorySize: 512,
          Environment: { Variables: { ...variables, ...connected, ...system.functions[name]?.env } },
        }),
      )
      await clients.lambda.send(
        new AddPermissionCommand({
          FunctionName: name,
          StatementId: 'api',
          Action: 'lambda:InvokeFunction',
          Principal: 'apigateway.amazonaws.com',
        }),
      )
      arns.set(name, FunctionArn)
    }
    const { apiId } = await gateway('apis', { name: 'videos', protocolType: 'HTTP' })
    for (const [routeKey, name] of Object.entries(system.apis['videos']?.routes ?? {})) {
      const { integrationId } = await gateway(`apis/${apiId}/integrations`, {
        integrationType: 'AWS_PROXY',
        integrationUri: arns.get(name) ?? '',
        payloadFormatVersion: '2.0',
      })
      await gateway(`apis/${apiId}/routes`, { routeKey, target: `integrations/${integrationId}` })
    }
    await gateway(`apis/${apiId}/stages`, { stageName: '$default', autoDeploy: 'true' })
    url = `http://${ministack.host}/_aws/execute-api/${apiId}/$default`
  }

  /** API Gateway v2; which service is meant stands in the credential, which nobody checks. */
  async function gateway(
    path: string,
    body: Readonly<Record<string, string>>,
  ): Promise<Record<string, string>> {
    const scope = `test/20260101/${ministack.region}/apigateway/aws4_request`
    const answer = await fetch(`http://${ministack.host}/v2/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    })
    expect(answer.status, await answer.clone().text()).toBe(201)
    return (await answer.json()) as Record<string, string>
  }

  /** What a machine does at its boot, without installing: the detector out of the bucket, with the variables of its script. */
  async function boot(): Promise<void> {
    const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: RAW, Key: 'code/detector.mjs' }))
    const program = join(folder, 'detector.mjs')
    await writeFile(program, (await Body?.transformToString()) ?? '')
    machine = spawn(process.execPath, [program], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        ...variables,
        ...system.workers['detector']?.env,
        RAW_BUCKET: RAW,
        PROCESSED_BUCKET: PROCESSED,
        MOVIE_ENTITIES_TABLE: TABLE,
        LOOK_EVERY: '0.2',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  test('a video goes in by the API; its actors are in the table and in the newest result', async () => {
    expect((await fetch(`${url}/get-video`)).status).toBe(404)
    const clip = clipOf(7, 12)
    const path = join(folder, 'clip.mp4')
    await writeClip(clip, path)
    const bytes = await readFile(path)
    const asked = await fetch(`${url}/raw/videos/night-bakery.mp4?size=${bytes.length}`, { method: 'PUT' })
    expect(asked.status, await asked.clone().text()).toBe(200)
    const { url: to, headers } = (await asked.json()) as { url: string; headers: Record<string, string> }
    expect(to).toContain('X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost')
    expect((await fetch(to, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status).toBe(200)

    const started = await fetch(`${url}/start-worker`, { method: 'POST' })
    expect(started.status, await started.clone().text()).toBe(202)
    const { instance } = (await started.json()) as { instance: string }
    const { Reservations = [] } = await clients.ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [instance] }),
    )
    expect(Reservations[0]?.Instances?.[0]?.InstanceId).toBe(instance)
    await boot()

    for (;;) {
      const answer = await fetch(`${url}/get-video`)
      if (answer.status === 200) {
        const { actors } = (await answer.json()) as { actors: { name: string }[] }
        expect(actors.map(({ name }) => name).sort()).toEqual(clip.cast.map(({ name }) => name).sort())
        break
      }
      await wait(200)
    }
    const { Items = [] } = await clients.dynamo.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'by-director',
        KeyConditionExpression: 'director = :director',
        ExpressionAttributeValues: { ':director': { S: FILM.director } },
      }),
    )
    expect(
      Items.map(({ name }) => name?.S)
        .filter((name) => name !== undefined)
        .sort(),
    ).toEqual(clip.cast.map(({ name }) => name).sort())
  }, 180_000)

  test.each([
    ['another bucket', '/films-processed/videos/a.mp4?size=5', 404],
    ['another folder', '/raw/code/a.mp4?size=5', 403],
    ['another kind of file', '/raw/videos/a.exe?size=5', 400],
    ['5 GB', '/raw/videos/a.mp4?size=5000000000', 413],
  ])('R5 no URL is given for %s', async (_what, path, status) => {
    expect((await fetch(`${url}${path}`, { method: 'PUT' })).status).toBe(status)
  })
})
