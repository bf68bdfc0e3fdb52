import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { STEP_AGENT } from '../../cdktf/aws/step-agent.ts'

/** Buckets are folders, streams are files; a write with --if-none-match is a link, which exists or is made, and never both. */
const AWS = `#!/bin/bash
at() { [[ "$1" == s3://* ]] && echo "$STUB/s3/\${1#s3://}" || echo "$1"; }
case "$1 $2" in
  'logs put-log-events')
    echo "\${8}" | sed 's/.*"message": "\\(.*\\)"}]/\\1/' >> "$STUB/life" ;;
  's3 cp')
    from=$(at "$4"); to=$(at "$5")
    [ -e "$STUB/broken" ] && [[ "$5" == *"$(cat "$STUB/broken")" ]] && { sleep "$(cat "$STUB/hangs" 2>/dev/null || echo 0)"; exit 1; }
    [ "$5" = - ] && { cat "$from"; exit; }
    mkdir -p "$(dirname "$to")" && cp "$from" "$to" ;;
  's3api put-object')
    only=no
    while [ $# -gt 1 ]; do
      case "$1" in --bucket) bucket=$2 ;; --key) key=$2 ;; --body) body=$2 ;; --if-none-match) only=yes ;; esac
      shift
    done
    to="$STUB/s3/$bucket/$key"; mkdir -p "$(dirname "$to")"; cp "$body" "$to.$$"
    [ $only = no ] && { mv "$to.$$" "$to"; exit; }
    ln "$to.$$" "$to" 2> /dev/null || { rm "$to.$$"; echo 'An error occurred (PreconditionFailed)' >&2; exit 254; }
    rm "$to.$$" ;;
esac
`
const DOCKER = `#!/bin/bash
case "$1" in
  run)
    echo "$@" > "$STUB/docker-run"
    [ -e "$STUB/no-image" ] && { echo 'no such image' >&2; exit 125; }
    while [ "$1" != image ]; do shift; done
    shift
    ( "$@"; echo $? > "$STUB/code" ) < /dev/null > /dev/null 2>&1 &
    echo $! > "$STUB/pid" ;;
  inspect) [ -e "$STUB/code" ] && echo "false $(cat "$STUB/code")" || echo 'true 0' ;;
  stop) touch "$STUB/stopped" ;;
esac
`
/** The interpreter itself: what finds one for a project may put commands of its own before those of the test. */
const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim()
const PLACE = 's3://bucket/checkpoints/train-1/'

/** A machine whose cloud is a folder: the agent itself runs, under the Python of this machine. */
export class AgentMachine implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-agent-'))
  readonly kept = join(this.folder, 'opt/checkpoints')
  notice = false
  readonly #imds = createServer((request, response) => {
    response.statusCode = request.method === 'PUT' || this.notice ? 200 : 404
    response.end('token')
  })

  constructor() {
    for (const [name, text] of Object.entries({
      aws: AWS,
      docker: DOCKER,
      systemctl: '#!/bin/bash\ntouch "$STUB/off"\n',
    })) {
      this.write(`bin/${name}`, text)
      chmodSync(join(this.folder, 'bin', name), 0o755)
    }
    mkdirSync(join(this.folder, 'opt'))
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), content)
  }

  read(path: string): string | undefined {
    const file = join(this.folder, path)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  }

  get life(): string[] {
    return (this.read('life') ?? '').split('\n').filter((line) => line !== '' && line !== 'beat')
  }

  manifests(): string[] {
    const folder = join(this.folder, 's3/bucket/checkpoints/train-1/manifests')
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }

  manifest(number: string): { name: string; data: string; files: { path: string }[] } {
    return JSON.parse(this.read(`s3/bucket/checkpoints/train-1/manifests/${number}.json`) ?? '')
  }

  /** Runs the agent with a program of bash, which finds /checkpoints as $KEPT; resolves when it has ended. */
  async run(program: string, env: Record<string, string> = {}, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => this.#imds.listen(0, '127.0.0.1', resolve))
    const quick = STEP_AGENT.replaceAll('/opt/sluice/', `${this.folder}/opt/`)
      .replace('time.sleep(2)', 'time.sleep(0.02)')
      .replace('ended.wait(5)', 'ended.wait(0.02)')
    this.write('agent.py', quick)
    const child = spawn(PYTHON, [join(this.folder, 'agent.py'), 'image', 'bash', '-c', program], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
      env: {
        PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`,
        STUB: this.folder,
        KEPT: this.kept,
        SLUICE_LOGS: '/pipelines/films/p/train',
        SLUICE_MACHINE: 'train-1.1',
        SLUICE_DOCKER: '--network host --env SLUICE_RUN',
        SLUICE_CHECKPOINTS: PLACE,
        AWS_REGION: 'us-east-1',
        AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(this.#imds.address() as AddressInfo).port}`,
        ...env,
      },
    })
    signal?.addEventListener('abort', () => process.kill(-(child.pid ?? 0), 'SIGKILL'))
    await new Promise((resolve) => child.once('exit', resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#imds.close(resolve))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
