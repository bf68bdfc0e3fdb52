export interface BootScriptProps {
  /** Milliseconds after which the machine switches itself off, whatever it does. */
  readonly lifetime: number
  /** Milliseconds without work after which it deletes itself. */
  readonly idleStop: number
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> `projects/<project>/secrets/<name>`. */
  readonly secrets: Readonly<Record<string, string>>
  readonly work:
    | { readonly kind: 'script' }
    | {
        readonly kind: 'image'
        /** Object of Cloud Storage whose text is the image, `repository@digest`: releases write it, machines read it. */
        readonly pin: { readonly bucket: string; readonly object: string }
        /** Host of the registry. */
        readonly registry: string
        readonly command?: readonly string[]
        readonly gpu: boolean
      }
}

const METADATA = 'http://metadata.google.internal/computeMetadata/v1/instance'

/**
 * What a worker runs at every boot, in two halves: the user's script, if there is one, stands between them. First of all the
 * dead-man timer starts (promise R32), then the watch for idleness, then the work.
 */
export function bootScript(props: BootScriptProps): readonly [string, string] {
  const { lifetime, idleStop, environment, secrets, work } = props
  const seconds = (ms: number): number => Math.max(60, Math.round(ms / 1000))
  const watch = `for s in $(seq 1 ${Math.ceil(seconds(idleStop) / 60)}); do sleep 60; busy && exit 1; done; exit 0`
  const head = [
    '#!/bin/bash',
    `systemd-run --unit=sluice-deadline --on-active=${seconds(lifetime)} systemctl poweroff --force`,
    'mkdir -p /opt/sluice',
    "cat > /opt/sluice/metadata.sh <<'SLUICE_METADATA'",
    `of() { curl -sf -H 'Metadata-Flavor: Google' ${METADATA}/$1; }`,
    `token() { of service-accounts/default/token | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])'; }`,
    'SLUICE_METADATA',
    "cat > /opt/sluice/idle.sh <<'SLUICE_IDLE'",
    '#!/bin/bash',
    '. /opt/sluice/metadata.sh',
    'busy() {',
    '  [ "$(cut -d. -f1 /proc/loadavg)" -gt 0 ] && return 0',
    '  command -v nvidia-smi > /dev/null || return 1',
    '  nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits | grep -qv "^0$"',
    '}',
    // A machine that is only switched off goes on costing its disk.
    'leave() {',
    '  me="https://compute.googleapis.com/compute/v1/$(of zone)/instances/$(of name)"',
    '  curl -sf -X DELETE -H "Authorization: Bearer $(token)" "$me" || systemctl poweroff',
    '}',
    `while true; do if (${watch}); then leave; fi; done`,
    'SLUICE_IDLE',
    'systemd-run --unit=sluice-idle bash /opt/sluice/idle.sh',
    '. /opt/sluice/metadata.sh',
    "cat > /opt/sluice/work.sh <<'SLUICE_WORK'",
    '',
  ]
  const tail = [
    '',
    'SLUICE_WORK',
    ...Object.entries(environment).map(([key, value]) => `export ${key}=${quoted(value)}`),
    ...Object.entries(secrets).map(([key, secret]) => {
      const url = `https://secretmanager.googleapis.com/v1/${secret}/versions/latest:access`
      const decode = `import base64,json,sys; sys.stdout.write(base64.b64decode(json.load(sys.stdin)["payload"]["data"]).decode())`
      return `export ${key}="$(curl -sf -H "Authorization: Bearer $(token)" ${quoted(url)} | python3 -c '${decode}')"`
    }),
    ...run(work, [...Object.keys(environment), ...Object.keys(secrets)]),
    '',
  ]
  return [head.join('\n'), tail.join('\n')]
}

function run(work: BootScriptProps['work'], variables: readonly string[]): string[] {
  if (work.kind === 'script') return ['bash /opt/sluice/work.sh 2>&1 | tee -a /var/log/sluice-work.log &']
  const { pin, registry, gpu } = work
  const passed = variables.map((name) => `--env ${name}`).join(' ')
  const command = (work.command ?? []).map(quoted).join(' ')
  const url = `https://storage.googleapis.com/storage/v1/b/${pin.bucket}/o/${encodeURIComponent(pin.object)}?alt=media`
  return [
    `IMAGE="$(curl -sf -H "Authorization: Bearer $(token)" ${quoted(url)})" || { echo 'no image was released yet' >> /var/log/sluice-work.log; exit 0; }`,
    'command -v docker > /dev/null || { apt-get update && apt-get install -y docker.io; }',
    `token | docker login --username oauth2accesstoken --password-stdin https://${registry}`,
    `docker run --rm --network host ${gpu ? '--gpus all ' : ''}${passed} "$IMAGE" ${command} 2>&1 | tee -a /var/log/sluice-work.log &`,
  ]
}

/** One word of bash, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
