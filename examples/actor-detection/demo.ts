/** The system at work on this machine: a video in, its actors out; a machine that is taken away; a machine without work. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { Stage } from '../../scripts/demo/stage.ts'
import { clipOf } from './clips/clip.ts'
import { writeClip } from './clips/encode.ts'
import { catalogue } from './loader/films.ts'
import { loadFilms } from './loader/table.ts'

interface Shown {
  readonly movieId: string
  readonly seconds: number
  readonly resumed: readonly number[]
  readonly actors: readonly { name: string; screenTime: number; confidence: number }[]
  readonly problem: string | null
}

export async function tell(stage: Stage): Promise<void> {
  const { say } = stage
  const folder = await mkdtemp(join(tmpdir(), 'actor-detection-'))
  try {
    stage.part('The system starts on this machine: buckets, table, functions, API; no worker runs yet')
    await stage.must(['up', '--detach', '--json'], { quiet: true })
    const variables = await variablesOf(stage)
    const cloud = clientsOf(variables)
    say(`videos       ${variables['VIDEOS_URL']}`)
    await stage.must(['operate', 'status'])

    stage.part('A catalogue of films goes into the table')
    const [first, second, third] = catalogue(100)
    if (first === undefined || second === undefined || third === undefined) throw new Error('no films')
    await loadFilms(cloud.dynamo, cloud.table, catalogue(100))
    say(`100 films; ${first.title} is a ${first.genre} by ${first.director}`)

    stage.part('A video is uploaded: the API gives a URL for exactly this size and type')
    const clip = clipOf(7)
    const path = join(folder, 'clip.mp4')
    await writeClip(clip, path)
    await upload(stage, `${first.movieId}.mp4`, await readFile(path))
    say(`in it are ${clip.cast.map(({ name }) => name).join(', ')}, a ball and a box`)
    say('a URL for a video of 5 GB, and one for another folder:')
    await refused(stage, '/raw/videos/huge.mp4?size=5000000000', 413)
    await refused(stage, '/raw/code/detector.mp4?size=5', 403)

    stage.part('The worker is started by the API, finds the video and detects')
    await started(stage)
    show(stage, await resultOf(stage, first.movieId))

    stage.part('The table knows who plays where: by genre, director, day and type')
    await queried(stage, cloud, 'by-director', 'director', first.director)
    await queried(stage, cloud, 'by-entity-type', 'entityType', 'actor')

    stage.part('A long video; in the middle of it the machine is taken away, as AWS does with spot machines')
    await writeClip(clipOf(3, 600, 4), path)
    await upload(stage, `${second.movieId}.mp4`, await readFile(path))
    const checkpoint = await unfinished(cloud, variables['PROCESSED_BUCKET'] ?? '')
    const { instance } = (await stage.ask('videos', { method: 'POST', path: '/start-worker' })).json() as {
      instance: string
    }
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }))
    say(`${instance} is gone; what stays is ${checkpoint}`)
    await started(stage)
    const resumed = await resultOf(stage, second.movieId)
    show(stage, resumed)
    if (resumed.resumed.length !== 1) throw new Error('it should have gone on where it was, once')

    stage.part('Somebody uploads what is no video')
    await upload(stage, `${third.movieId}.mp4`, Buffer.from('MZ this is a program'))
    show(stage, await resultOf(stage, third.movieId))

    stage.part('What the machine said; paused, nothing runs')
    await stage.must(['operate', 'logs', '--service', 'detector', '--tail', '6'])
    await stage.must(['operate', 'pause'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function variablesOf(stage: Stage): Promise<Readonly<Record<string, string>>> {
  const { text } = await stage.sluice(['up', '--export'], { quiet: true })
  const lines = text.trim().split('\n')
  const pairs = lines.map((line) => /^(?:export )?([A-Z0-9_]+)='?(.*?)'?$/.exec(line)?.slice(1, 3) ?? [])
  const variables = Object.fromEntries(pairs) as Record<string, string>
  stage.urls.set('videos', variables['VIDEOS_URL'] ?? '')
  return variables
}

interface Clients {
  readonly dynamo: DynamoDBClient
  readonly ec2: EC2Client
  readonly s3: S3Client
  readonly table: string
}

function clientsOf(variables: Readonly<Record<string, string>>): Clients {
  const of = (service: string) => ({
    endpoint: variables[`AWS_ENDPOINT_URL_${service}`] ?? '',
    region: variables['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  })
  return {
    dynamo: new DynamoDBClient(of('DYNAMODB')),
    ec2: new EC2Client(of('EC2')),
    s3: new S3Client(of('S3')),
    table: variables['MOVIE_ENTITIES_TABLE'] ?? '',
  }
}

async function upload({ say, ask }: Stage, name: string, bytes: Buffer): Promise<void> {
  const asked = await ask('videos', { method: 'PUT', path: `/raw/videos/${name}?size=${bytes.length}` })
  const { url, headers, key } = asked.json() as { url: string; headers: Record<string, string>; key: string }
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  say(`PUT ${key} (${bytes.length} bytes) -> ${answer.status}`)
  if (!answer.ok) throw new Error(`the upload was refused: ${await answer.text()}`)
}

async function refused({ say, urls }: Stage, path: string, status: number): Promise<void> {
  const answer = await fetch(`${urls.get('videos')}${path}`, { method: 'PUT' })
  say(`PUT ${path} -> ${answer.status} ${await answer.text()}`)
  if (answer.status !== status) throw new Error(`it should have been refused with ${status}`)
}

async function started({ say, ask }: Stage): Promise<void> {
  const answer = await ask('videos', { method: 'POST', path: '/start-worker' })
  say(`POST /start-worker -> ${answer.status} ${answer.bytes.toString('utf8')}`)
}

async function resultOf({ urls }: Stage, movieId: string): Promise<Shown> {
  for (;;) {
    const answer = await fetch(`${urls.get('videos')}/get-video`)
    const result = (await answer.json()) as Shown
    if (answer.ok && result.movieId === movieId) return result
    await wait(300)
  }
}

function show({ say }: Stage, { movieId, seconds, actors, resumed, problem }: Shown): void {
  say(`GET /get-video -> ${movieId}, ${problem ?? `${seconds} s`}`)
  for (const { name, screenTime, confidence } of actors) {
    say(`  ${name.padEnd(16)} ${String(screenTime).padStart(6)} s   confidence ${confidence}`)
  }
  for (const at of resumed) say(`  taken up again at second ${at}`)
}

async function queried(
  { say }: Stage,
  { dynamo, table }: Clients,
  IndexName: string,
  key: string,
  value: string,
): Promise<void> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      IndexName,
      KeyConditionExpression: '#key = :value',
      ExpressionAttributeNames: { '#key': key },
      ExpressionAttributeValues: { ':value': { S: value } },
    }),
  )
  say(`${IndexName} ${value}: ${Items.length} items`)
  for (const { movieId, name, processingDate } of Items.filter((item) => item['name'] !== undefined)) {
    say(`  ${name?.S?.padEnd(16)} in ${movieId?.S}, found ${processingDate?.S}`)
  }
}

/** Key of the first checkpoint that there is. */
async function unfinished({ s3 }: Clients, Bucket: string): Promise<string> {
  for (;;) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'logs/unfinished/' }))
    const key = Contents[0]?.Key
    if (key !== undefined && (Contents[0]?.Size ?? 0) > 120) return `s3://${Bucket}/${key}`
    await wait(20)
  }
}
