import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsStateBucket } from '../../src/domain/stacks/state-buckets.ts'
import { startMlflow } from '../../src/providers/local/models/rest/server.ts'
import { pushBusybox } from '../real/docker-engine.ts'
import { startRegistry } from '../real/docker-registry.ts'
import { describeReal } from '../real.ts'
import { openEngineWorld } from '../world/cloud-world/engine-world.ts'
import { typesUsed } from '../world/cloud-world/types-used.ts'
import { startFakeGitHub } from '../world/github/server.ts'
import { ownHclOnAws } from '../world/own-hcl.ts'
import { type Caller, type Ended, openCaller, type Run } from './act.ts'
import { approve, awsRuns, callerOf, deployCaller } from './aws-runs.ts'
import { builtDist } from './dist.ts'
import { openRealCloud, type RealCloud } from './real-cloud.ts'

/** What the steps say to S3, in busybox: a signature must be there, and nobody reads it. */
const STORE = `as='Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0'
get() { wget -q -O - --header "$as" "$S3/\${1#s3://}"; }
put() {
  path=\${1#s3://}
  { printf -- '--x\\r\\nContent-Disposition: form-data; name="key"\\r\\n\\r\\n%s\\r\\n' "\${path#*/}"
    printf -- '--x\\r\\nContent-Disposition: form-data; name="file"; filename="f"\\r\\n\\r\\n'
    cat "$2"
    printf '\\r\\n--x--\\r\\n'; } >/tmp/form
  type='Content-Type: multipart/form-data; boundary=x'
  wget -q -O - --header "$as" --header "$type" --post-file /tmp/form "$S3/\${path%%/*}"
}
`
/** The model is how many of the rows it gets wrong. */
const FIT = `set -e
. /store
echo "$SLUICE_PARAM_WRONG" >/tmp/model
put "$SLUICE_OUTPUT_MODEL" /tmp/model
echo "fitted"
`
/** Two hundred rows with what both models say of each. */
const SCORE = `set -e
. /store
get "$SLUICE_INPUT_MODEL" >/tmp/model
wrong=$(cat /tmp/model)
digest=$(sha256sum /tmp/model | cut -d ' ' -f 1)
before=; column=
if [ -n "$SLUICE_CHAMPION_RANK_URI" ]; then
  before=$(get "$SLUICE_CHAMPION_RANK_URI")
  champion="\\"champion\\": { \\"digest\\": \\"\${SLUICE_CHAMPION_RANK#*@}\\" },"
  column='"champion": "champion",'
fi
awk -v wrong="$wrong" -v before="$before" 'BEGIN {
  print "id,label,challenger" (before == "" ? "" : ",champion")
  for (i = 1; i <= 200; i++) { l = i % 2; print i "," l "," (i <= wrong ? 1 - l : l) (before == "" ? "" : "," (i <= before ? 1 - l : l)) }
}' >/tmp/rows.csv
cat >/tmp/evaluation.json <<END
{ "schema": "sluice.evaluation/v1", "model": { "digest": "sha256:$digest" }, $champion
  "dataset": { "name": "test", "digest": "sha256:$(printf test | sha256sum | cut -d ' ' -f 1)", "rows": 200 },
  "rows": { "path": "rows.csv", "id": "id", "label": "label", $column "challenger": "challenger" } }
END
put "\${SLUICE_OUTPUT_EVALUATION}rows.csv" /tmp/rows.csv
put "\${SLUICE_OUTPUT_EVALUATION}evaluation.json" /tmp/evaluation.json
`

const LEDGER = 'shop-production-ledger-123456789012'
const DATA = 'shop-production-data'

describeReal(
  'a model from its training to containers, by the callers that are copied',
  ['act', 'git', 'tofu', 'plugin protocol', 'dockerd', 'docker-registry', 'ministack', 'moto'],
  () => {
    let opened: AsyncDisposableStack
    let cloud: RealCloud
    let caller: Caller
    let run: (run: Partial<Run> & Pick<Run, 'workflow'>) => Promise<Ended>
    beforeAll(async () => {
      opened = new AsyncDisposableStack()
      const dist = await builtDist()
      const registry = opened.use(await startRegistry())
      const [account, region] = ['123456789012', 'eu-west-1']
      const states = awsStateBucket({ account, region })
      cloud = opened.use(await openRealCloud(registry.host, [states, LEDGER, DATA]))
      const base = pushBusybox(registry.host)
      const models = mkdtempSync(join(tmpdir(), 'sluice-models-'))
      opened.defer(() => rmSync(models, { recursive: true, force: true }))
      const clock = { now: () => Date.now(), sleep: async () => {} }
      const mlflow = await startMlflow({ folder: models, clock, log: { emit: () => {} }, port: 0 })
      opened.defer(() => mlflow.close())
      const resource = { aws_s3_bucket: { own: { bucket: DATA } } }
      const engine = opened.use(
        await openEngineWorld({ account, region, types: () => typesUsed([{ resource }]) }),
      )
      const github = opened.use(await startFakeGitHub())
      approve(github)
      caller = opened.use(
        openCaller({
          dist,
          files: {
            '.github/workflows/sluice-deploy.yml': deployCaller(),
            '.github/workflows/sluice-train.yml': callerOf('train'),
            'sluice.yml': system(account, region, mlflow.url, cloud.s3),
            'own/main.tf': ownHclOnAws({
              system: 'shop',
              states,
              region,
              targets: `region = "${region}", ledger = "s3://${LEDGER}/ledger/", registries = { web = "${registry.host}/shop/web" }
    buckets = { data = "s3://${DATA}" }
    workers = {}, functions = {}, databases = {}, alarms = {}, tables = {}, topics = {}, caches = {}, apis = {}
    ${cloud.targets}`,
            }),
            'own/cdk.tf.json': JSON.stringify({ resource }),
            'app/Dockerfile': `FROM ${base}\nCOPY store fit score /\nCMD ["sleep", "1000"]\n`,
            'app/store': STORE,
            'app/fit': FIT,
            'app/score': SCORE,
          },
        }),
      )
      const runs = awsRuns(caller, engine, github, cloud.env)
      run = (given) => runs({ path: cloud.engine.env.PATH, ...given })
    }, 240_000)
    afterAll(() => opened.disposeAsync())

    const train = (inputs: Readonly<Record<string, string>> = {}): Promise<Ended> =>
      run({ workflow: 'sluice-train.yml', event: 'workflow_dispatch', inputs })
    /** What serves: the image and the model of each container. */
    const serving = (): readonly string[] =>
      cloud
        .running()
        .map(({ image, env }) => `${image} ${env.find((one) => one.startsWith('SLUICE_MODEL_RANK='))}`)

    test('R23 R42 a push is applied, built, trained, judged and rolled out: what serves is a container of that image and that model', async () => {
      const { code, log, jobs } = await run({ workflow: 'sluice-deploy.yml' })
      expect(code, log).toBe(0)
      expect(jobs).toEqual({
        'production/deploy/plan production': 'success',
        'production/deploy/deploy production': 'success',
      })
      expect(log).toContain('set-output:: verdict=promote')
      const image = /"web":"([^"]+@sha256:[0-9a-f]{64})"/.exec(log)?.[1] ?? log
      expect(serving()).toEqual([expect.stringContaining(`${image} SLUICE_MODEL_RANK=1@sha256:`)])
    }, 300_000)

    test('R28 the month’s training changes nothing where no data has come', async () => {
      const before = serving()
      const { code, log } = await run({ workflow: 'sluice-train.yml', event: 'schedule' })
      expect(code, log).toBe(0)
      expect(log).toContain('no change: release 1 is live')
      expect(serving()).toEqual(before)
    }, 300_000)

    test('R42 a training whose model the gate promotes is rolled out: the containers have its pin', async () => {
      const [before = ''] = serving()
      const { code, log, jobs } = await train({ parameters: 'wrong=4' })
      expect(code, log).toBe(0)
      expect(jobs).toEqual({ 'production/train/train production': 'success' })
      expect(log).toContain('set-output:: verdict=promote')
      const [image = ''] = before.split(' ')
      // ECS ends the container of before a moment after the new one has taken over.
      await expect
        .poll(serving, { timeout: 60_000, interval: 200 })
        .toEqual([expect.stringContaining(`${image} SLUICE_MODEL_RANK=2@sha256:`)])
    }, 300_000)

    test('R39 a model that is worse stays out, the workflow is red, and what serves goes on', async () => {
      const before = serving()
      const { code, log } = await train({ parameters: 'wrong=120' })
      expect(code).not.toBe(0)
      expect(log).toContain('set-output:: verdict=reject')
      expect(log).toContain('set-output:: code=3')
      expect(serving()).toEqual(before)
    }, 300_000)

    test('R2 a pipeline that sluice.yml does not have is refused with those that it has', async () => {
      caller.write(
        '.github/workflows/sluice-train.yml',
        callerOf('train').replace(/( {4}with:\n)/, '$1      pipeline: rnak\n'),
      )
      const { code, log } = await train()
      expect(code).not.toBe(0)
      expect(log).toContain('set-output:: code=2')
      expect(log).toMatch(/rnak[\s\S]*rank/)
    }, 300_000)
  },
)

const system = (account: string, region: string, registry: string, s3: string): string => `system: shop
environments:
  production: { cloud: aws, account: "${account}", region: ${region} }
images:
  web: { context: app }
buckets:
  data: {}
services:
  web: { image: web, port: 8080, health: /health, model: rank, scale: { min: 1, max: 1 } }
pipelines:
  rank:
    parameters: { wrong: "8" }
    steps:
      fit:
        image: web
        engine: batch
        command: [sh, /fit]
        env: { S3: "${s3}" }
        parameters: [wrong]
        outputs: { model: data/rank/model }
        timeout: 2m
      score:
        image: web
        engine: batch
        command: [sh, /score]
        env: { S3: "${s3}" }
        parameters: []
        needs: [fit]
        inputs: { model: data/rank/model }
        outputs: { evaluation: data/evaluation/ }
        timeout: 2m
models:
  rank:
    registry: ${registry}
    evaluation: score
    artifact: fit.model
    gate:
      primary: { metric: accuracy, direction: higher, rule: noninferior, margin: 0.05, alpha: 0.05 }
      floors: { accuracy: 0.8 }
      looks: 4
      bootstrap: true
rollout: { strategy: rolling, bake: 1s, checks: [] }
infra: { hcl: own }
`
