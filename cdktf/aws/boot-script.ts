import { deadMan, RUN_MARK, shellWord } from '../../src/domain/jobs/boot.ts'
import { STEP_AGENT } from './step-agent.ts'

export interface BootScriptProps {
  readonly region: string
  /** Milliseconds after which the machine switches itself off, whatever it does. */
  readonly lifetime: number
  /** Milliseconds without work after which it switches itself off. */
  readonly idleStop: number
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> name or ARN of a secret, and the key inside it, if it is JSON. */
  readonly secrets: Readonly<Record<string, { readonly id: string; readonly key?: string }>>
  readonly work:
    | { readonly kind: 'script' }
    | {
        readonly kind: 'image'
        /**
         * Looked up at every boot in a parameter of Systems Manager, which rollouts write; or the template that a run puts its
         * digest in place of.
         */
        readonly image:
          | { readonly parameter: string }
          | {
              readonly template: string
              /** The log group of the step. */
              readonly logs: string
            }
        readonly command?: readonly string[]
        readonly gpu: boolean
      }
}

/**
 * What a worker runs at every boot, in two halves: the user's script, if there is one, stands between them. First of all the
 * dead-man timer starts (promise R32), then the watch for idleness, then the work.
 */
export function bootScript(props: BootScriptProps): readonly [string, string] {
  const { region, lifetime, idleStop, environment, secrets, work } = props
  const seconds = (ms: number): number => Math.max(60, Math.round(ms / 1000))
  // The agent of a step speaks for its machine.
  const reports = !(work.kind === 'image' && 'template' in work.image)
  const look = reports ? 'if busy; then report working; exit 1; fi; report idle' : 'busy && exit 1'
  const watch = `for s in $(seq 1 ${Math.ceil(seconds(idleStop) / 60)}); do sleep 60; ${look}; done; exit 0`
  const head = [
    '#!/bin/bash',
    deadMan('deadline', lifetime),
    'mkdir -p /opt/sluice /var/lib/cloud/scripts/per-boot',
    "cat > /opt/sluice/idle.sh <<'SLUICE_IDLE'",
    '#!/bin/bash',
    'busy() {',
    '  [ "$(cut -d. -f1 /proc/loadavg)" -gt 0 ] && return 0',
    '  command -v nvidia-smi > /dev/null || return 1',
    '  nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits | grep -qv "^0$"',
    '}',
    ...(reports ? report(region) : []),
    `while true; do if (${watch}); then systemctl poweroff; fi; done`,
    'SLUICE_IDLE',
    'systemd-run --unit=sluice-idle bash /opt/sluice/idle.sh',
    "cat > /opt/sluice/work.sh <<'SLUICE_WORK'",
    '',
  ]
  const tail = [
    '',
    'SLUICE_WORK',
    `export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    ...Object.entries(environment).map(([key, value]) => `export ${key}=${shellWord(value)}`),
    ...Object.entries(secrets).map(([key, { id, key: inner }]) => {
      const get = `aws secretsmanager get-secret-value --secret-id ${shellWord(id)} --query SecretString --output text`
      return `export ${key}="$(${get}${inner === undefined ? '' : ` | python3 -c 'import json,sys; print(json.load(sys.stdin)["${inner}"])'`})"`
    }),
    ...run(work, [...Object.keys(environment), ...Object.keys(secrets), 'AWS_REGION'], region),
    '[ -e /var/lib/cloud/scripts/per-boot/sluice ] || cp "$0" /var/lib/cloud/scripts/per-boot/sluice',
    'chmod +x /var/lib/cloud/scripts/per-boot/sluice',
    '',
  ]
  return [head.join('\n'), tail.join('\n')]
}

/**
 * What a machine says of itself whenever that changes: whether it works, and what it runs. "sluice operate status" reads it.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutInventory.html
 */
function report(region: string): string[] {
  const metadata = 'http://169.254.169.254/latest'
  return [
    'report() {',
    '  image="$(docker ps --quiet 2> /dev/null | head -1 | xargs -r docker inspect --format "{{.Config.Image}}")"',
    '  [ "$1 $image" = "$(cat /opt/sluice/said 2> /dev/null)" ] && return',
    `  token="$(curl -s -m 5 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" ${metadata}/api/token)"`,
    `  id="$(curl -s -m 5 -H "X-aws-ec2-metadata-token: $token" ${metadata}/meta-data/instance-id)"`,
    '  content="[{\\"Activity\\":\\"$1\\",\\"Image\\":\\"$image\\"}]"',
    '  head="\\"TypeName\\":\\"Custom:SluiceWork\\",\\"SchemaVersion\\":\\"1.0\\",\\"CaptureTime\\":\\"$(date -u +%FT%TZ)\\""',
    `  timeout 30 aws ssm put-inventory --region ${region} --instance-id "$id" --items "[{$head,\\"Content\\":$content}]" > /dev/null &&`,
    '    echo "$1 $image" > /opt/sluice/said',
    '}',
  ]
}

function run(work: BootScriptProps['work'], variables: readonly string[], region: string): string[] {
  if (work.kind === 'script') return ['bash /opt/sluice/work.sh 2>&1 | tee -a /var/log/sluice-work.log &']
  const passed = variables.map((name) => `--env ${name}`).join(' ')
  const command = (work.command ?? []).map(shellWord).join(' ')
  const flags = `--network host ${work.gpu ? '--gpus all ' : ''}${passed}`
  const [image, before] =
    'parameter' in work.image
      ? [
          `$(aws ssm get-parameter --name ${shellWord(work.image.parameter)} --query Parameter.Value --output text)`,
          [],
        ]
      : [shellWord(work.image.template), [RUN_MARK]]
  return [
    ...before,
    `image=${image}`,
    // Images with drivers have Docker, plain ones do not.
    'command -v docker > /dev/null || dnf install --assumeyes docker',
    'systemctl start docker',
    `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin "$(echo "$image" | cut -d/ -f1)"`,
    ...('template' in work.image
      ? [
          `export SLUICE_LOGS=${shellWord(work.image.logs)} SLUICE_DOCKER="${flags} $SLUICE_ENV"`,
          "cat > /opt/sluice/step.py <<'SLUICE_STEP'",
          STEP_AGENT,
          'SLUICE_STEP',
          `python3 /opt/sluice/step.py "$image" ${command} >> /var/log/sluice-work.log 2>&1 &`,
        ]
      : [
          `docker run --rm ${flags} $SLUICE_ENV "$image" ${command} 2>&1 | tee -a /var/log/sluice-work.log &`,
        ]),
  ]
}
