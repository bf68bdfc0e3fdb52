import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clipOf } from '../../examples/actor-detection/clips/clip.ts'
import { writeClip } from '../../examples/actor-detection/clips/encode.ts'
import { loadFilms } from '../../examples/actor-detection/loader/table.ts'
import { describeReal } from '../real.ts'
import { type CommandLine, commandLine } from './sluice.ts'

const ROOT = join(import.meta.dirname, '../..')
const FILM = { movieId: 'night-bakery', title: 'Night Bakery', genre: 'drama', director: 'S. Brandt' }

interface Found {
  readonly movieId: string
  readonly resumed: readonly number[]
  readonly actors: readonly { readonly name: string }[]
  readonly problem: string | null
}

/** As its users have it, through HTTP and the command line: functions, API, table, buckets and the worker on this machine. */
describeReal('actor-detection', ['ffmpeg'], () => {
  let sluice: CommandLine
  let clips: string
  let url: string
  let s3: S3Client
  let dynamo: DynamoDBClient

  beforeAll(async () => {
    clips = await mkdtemp(join(tmpdir(), 'clips-'))
    sluice = await commandLine('actor-detection')
    // Lambda brings the SDK along, a machine's detector has it in its bundle; here it is the project's.
    await symlink(join(ROOT, 'node_modules'), join(sluice.folder, 'node_modules'))
    const { code, stderr, json } = await sluice.run('up', '--export')
    expect(code, stderr).toBe(0)
    const pairs = (json['lines'] as string[]).map((line) => line.split(/=(.*)/s).slice(0, 2))
    const of = Object.fromEntries(pairs) as Record<string, string>
    url = of['VIDEOS_URL'] ?? ''
    const common = {
      region: of['AWS_REGION'] ?? '',
      credentials: {
        accessKeyId: of['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: of['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    }
    s3 = new S3Client({ ...common, endpoint: of['AWS_ENDPOINT_URL_S3'] ?? '' })
    dynamo = new DynamoDBClient({ ...common, endpoint: of['AWS_ENDPOINT_URL_DYNAMODB'] ?? '' })
    await loadFilms(dynamo, 'actor-detection-local-movie-entities', [FILM])
  }, 180_000)
  afterAll(async () => {
    s3.destroy()
    dynamo.destroy()
    await sluice.close()
    await rm(clips, { recursive: true, force: true })
  }, 60_000)

  const ask = (name: string, size: number) =>
    fetch(`${url}/raw/videos/${name}?size=${size}`, { method: 'PUT' })
  const upload = async (name: string, bytes: Buffer): Promise<number> => {
    const { url: to, headers } = (await (await ask(name, bytes.length)).json()) as {
      url: string
      headers: Record<string, string>
    }
    return (await fetch(to, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status
  }
  const start = async () => {
    const answer = await fetch(`${url}/start-worker`, { method: 'POST' })
    return { status: answer.status, ...((await answer.json()) as { instance: string; state: string }) }
  }
  const newest = async (movieId: string): Promise<Found> => {
    for (;;) {
      const answer = await fetch(`${url}/get-video`)
      const found = (await answer.json()) as Found
      if (answer.ok && found.movieId === movieId) return found
      await wait(100)
    }
  }
  const keys = async (Bucket: string, Prefix: string): Promise<string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }))
    return Contents.map(({ Key = '' }) => Key)
  }
  const indexed = async (index: string, key: string, value: string): Promise<string[]> => {
    const { Items = [] } = await dynamo.send(
      new QueryCommand({
        TableName: 'actor-detection-local-movie-entities',
        IndexName: index,
        KeyConditionExpression: '#k = :v',
        ExpressionAttributeNames: { '#k': key },
        ExpressionAttributeValues: { ':v': { S: value } },
      }),
    )
    return Items.map(({ entityId }) => entityId?.S ?? '').sort()
  }

  test('before any video there is no result, and no machine runs', async () => {
    expect((await fetch(`${url}/get-video`)).status).toBe(404)
    expect((await sluice.run('operate', 'status')).json['machines']).toMatchObject([
      { worker: 'detector', state: 'absent' },
    ])
  })

  test('a video is uploaded, the worker is started, its actors are in the newest result and in all four indexes', async () => {
    const clip = clipOf(7, 12)
    const path = join(clips, 'clip.mp4')
    await writeClip(clip, path)
    expect(await upload('night-bakery.mp4', await readFile(path))).toBe(200)
    const first = await start()
    expect([first.status, first.state]).toEqual([202, 'pending'])
    expect(await start()).toMatchObject({ status: 200, instance: first.instance, state: 'running' })
    const result = await newest('night-bakery')
    expect(result.actors.map(({ name }) => name).sort()).toEqual(clip.cast.map(({ name }) => name).sort())
    const ids = clip.cast.map(({ name }) => `actor#${name.toLowerCase().replace(' ', '-')}`).sort()
    const day = new Date().toISOString().slice(0, 10)
    expect(await indexed('by-entity-type', 'entityType', 'actor')).toEqual(ids)
    for (const [index, key, value] of [
      ['by-genre', 'genre', 'drama'],
      ['by-director', 'director', 'S. Brandt'],
      ['by-processing-date', 'processingDate', day],
    ] as const) {
      expect(await indexed(index, key, value)).toEqual([...ids, 'movie'])
    }
    expect(await keys('processed', 'logs/')).toEqual([
      expect.stringMatching(/^logs\/night-bakery\.mp4\..*\.log$/),
    ])
  }, 120_000)

  test.each([
    ['another bucket', '/processed/videos/a.mp4?size=5', 404],
    ['another folder', '/raw/code/a.mp4?size=5', 403],
    ['a way out of the folder', '/raw/videos/..%2Fcode%2Fa.mp4?size=5', 400],
    ['a way out of the bucket', '/raw/..%2F..%2Fvideos/a.mp4?size=5', 403],
    ['another kind of file', '/raw/videos/a.exe?size=5', 400],
    ['5 GB', '/raw/videos/a.mp4?size=5000000000', 413],
  ])('R5 no URL is given for %s', async (_what, path, status) => {
    const answer = await fetch(`${url}${path}`, { method: 'PUT' })
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([status, ['error']])
  })

  test('R5 a URL takes the size and type that it was given for, and nothing else', async () => {
    const bytes = Buffer.alloc(1000)
    const { url: to, headers } = (await (await ask('large.mp4', 1000)).json()) as {
      url: string
      headers: Record<string, string>
    }
    const put = async (body: Buffer, type = 'video/mp4', where = to): Promise<number> =>
      (await fetch(where, { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(body) }))
        .status
    expect(headers['content-length']).toBe('1000')
    expect(await put(Buffer.alloc(1001))).toBe(403)
    expect(await put(Buffer.alloc(999))).toBe(403)
    expect(await put(bytes, 'text/html')).toBe(403)
    expect(await put(bytes, 'video/mp4', to.replace('large.mp4', 'other.mp4'))).toBe(403)
    expect(await keys('raw', 'videos/large')).toEqual([])
  })

  test('what is no video gets a result that says so', async () => {
    expect(await upload('broken.mp4', Buffer.from('MZ this is a program'))).toBe(200)
    await start()
    expect(await newest('broken')).toMatchObject({
      actors: [],
      problem: expect.stringMatching(/^not a video/),
    })
  }, 60_000)

  test('R28 a machine that is killed in the middle of a video is started again, goes on where it was, and ends once', async () => {
    const path = join(clips, 'long.mp4')
    await writeClip(clipOf(3, 600, 4), path)
    expect(await upload('long.mp4', await readFile(path))).toBe(200)
    const { instance } = await start()
    const machine = join(sluice.folder, '.sluice/local/cloud/workers/detector/process.json')
    const { pid } = JSON.parse(await readFile(machine, 'utf8')) as { pid: number }
    const progress = async (): Promise<number> => {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: 'processed', Prefix: 'logs/unfinished/long' }),
      )
      return Contents[0]?.Size ?? 0
    }
    while ((await progress()) < 150) await wait(20)
    process.kill(-pid, 'SIGKILL')
    for (;;) {
      const { json } = await sluice.run('operate', 'status')
      const [status] = json['machines'] as { state: string; trouble: string }[]
      if (status?.state === 'terminated') {
        expect(status.trouble).toBe('its script was ended by SIGKILL')
        break
      }
    }
    const again = await start()
    expect(again.instance).not.toBe(instance)
    const result = await newest('long')
    expect(result.resumed).toHaveLength(1)
    expect(result.resumed[0]).toBeGreaterThan(0)
    expect(result.actors.map(({ name }) => name).sort()).toEqual(
      clipOf(3, 600, 4)
        .cast.map(({ name }) => name)
        .sort(),
    )
    expect(await keys('processed', 'results/long')).toHaveLength(1)
    while ((await keys('processed', 'logs/unfinished/')).length > 0) await wait(50)
  }, 180_000)

  test('its log is read like that of a service; paused with the system it is stopped, and runs again when that is resumed', async () => {
    await start()
    const logs = await sluice.run('operate', 'logs', '--service', 'detector')
    expect(logs.stderr).toContain('long.mp4: goes on at second')
    const paused = await sluice.run('operate', 'pause')
    expect(paused.json['machines']).toMatchObject([
      { worker: 'detector', state: 'stopped', trouble: 'paused' },
    ])
    const resumed = await sluice.run('operate', 'resume', '--service', 'detector')
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(resumed.json['machines']).toMatchObject([{ state: 'running' }])
    const restarted = await sluice.run('operate', 'restart', '--service', 'detector')
    expect(restarted.code, restarted.stderr).toBe(0)
  }, 120_000)
})
