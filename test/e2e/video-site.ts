import { type ChildProcess, execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Topic } from '../../src/domain/system/system.ts'
import { ask, loginOf, openPlace } from '../providers/local/postgres/database.ts'
import { startFakeGcs } from '../real/fake-gcs.ts'
import { freePort } from '../real/free-port.ts'
import { type PubSubEmulator, startPubSubEmulator } from '../real/pubsub-emulator.ts'
import type { RolledOut } from './video-cloud.ts'
import { endService as end, installVideoApps, startService } from './video-services.ts'

const execute = promisify(execFile)

/** Both services beside the stand-ins of what they connect, with the variables that Cloud Run has for them. */
export interface VideoSite extends AsyncDisposable {
  readonly web: string
  readonly worker: string
  readonly storage: string
  readonly bucket: string
  readonly topic: string
  readonly pubsub: PubSubEmulator
  /** Ends the worker with SIGKILL, and starts it again. */
  killWorker(): Promise<void>
  /** What the sweep says. */
  sweep(seconds: number): Promise<string>
}

export async function openVideoSite({ system, variables, secrets }: RolledOut): Promise<VideoSite> {
  await using opened = new AsyncDisposableStack()
  // A socket's path has at most 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'v-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const ofWeb = variables['web'] ?? {}
  const [bucket, topic] = [ofWeb['VIDEOS_BUCKET'] ?? '', ofWeb['UPLOADED_TOPIC'] ?? '']
  const values: Record<string, string> = {
    DB_PASSWORD: randomBytes(16).toString('hex'),
    JWT_KEY: randomBytes(32).toString('hex'),
  }
  const host = ofWeb['DB_HOST'] ?? ''
  opened.use(await startDatabase(join(folder, host), ofWeb['DB_USER'] ?? '', values['DB_PASSWORD'] ?? ''))
  const storage = opened.use(await startFakeGcs([bucket]))
  const pubsub = opened.use(await startPubSubEmulator())
  const apps = await installVideoApps(folder)

  const environment = (service: string, port: number): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    ...variables[service],
    ...Object.fromEntries((secrets[service] ?? []).map((name) => [name, values[name] ?? ''])),
    DB_HOST: join(folder, host),
    PUBSUB_EMULATOR_HOST: pubsub.rest,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: storage.url,
    HOST: '127.0.0.1',
    PORT: String(port),
  })
  const [webPort, workerPort] = [await freePort(), await freePort()]
  const start = (service: string, port: number): Promise<ChildProcess> =>
    startService(apps, service, environment(service, port))
  const web = await start('web', webPort)
  opened.defer(() => end(web))
  let worker = await start('worker', workerPort)
  opened.defer(() => end(worker))
  await subscribe(pubsub, topic, system.topics['uploaded'], `http://127.0.0.1:${workerPort}`)
  const rest = opened.move()
  return {
    web: `http://127.0.0.1:${webPort}`,
    worker: `http://127.0.0.1:${workerPort}`,
    storage: storage.url,
    bucket,
    topic,
    pubsub,
    async killWorker() {
      await end(worker)
      worker = await start('worker', workerPort)
    },
    async sweep(seconds) {
      const env = { ...environment('web', 0), SLUICE_PARAM_SECONDS: String(seconds) }
      const { stdout } = await execute(process.execPath, ['worker/sweep.ts'], { cwd: apps, env })
      return stdout
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** Cloud SQL, as Cloud Run shows it: a folder with a socket, behind it a server that knows one user. */
async function startDatabase(folder: string, user: string, password: string): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const place = await openPlace()
  opened.defer(() => place.close())
  const login = loginOf(await place.engine({ names: ['videos'] }).start())
  await ask(login, `CREATE ROLE "${user}" LOGIN PASSWORD '${password}'`)
  await ask(login, `ALTER DATABASE videos OWNER TO "${user}"`)
  await mkdir(folder, { recursive: true })
  const server = createServer((socket) => {
    const upstream = connect(login.port, login.host)
    socket.pipe(upstream).pipe(socket)
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
  })
  server.listen(join(folder, '.s.PGSQL.5432'))
  await once(server, 'listening')
  opened.defer(() => void server.close())
  const rest = opened.move()
  return { [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** The topic with what sluice.yml says of it; only the waits are shorter. */
async function subscribe(
  pubsub: PubSubEmulator,
  topic: string,
  said: Topic | undefined,
  worker: string,
): Promise<void> {
  const subscription = topic.replace('/topics/', '/subscriptions/')
  for (const name of [topic, `${topic}-dead`]) await pubsub.call('PUT', name)
  await pubsub.call('PUT', `${subscription}-dead`, { topic: `${topic}-dead` })
  await pubsub.call('PUT', subscription, {
    topic,
    ackDeadlineSeconds: (said?.ackDeadline ?? 0) / 1000,
    pushConfig: { pushEndpoint: `${worker}${said?.path}` },
    retryPolicy: { minimumBackoff: '0.5s' },
    deadLetterPolicy: { deadLetterTopic: `${topic}-dead`, maxDeliveryAttempts: said?.retries },
  })
}
