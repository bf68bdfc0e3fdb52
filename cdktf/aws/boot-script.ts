import { deadMan, RUN_MARK, shellWord } from '../../src/domain/boot.ts'
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
  const watch = `for s in $(seq 1 ${Math.ceil(seconds(idleStop) / 60)}); do sleep 60; busy && exit 1; done; exit 0`
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
