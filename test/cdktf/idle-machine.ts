import { spawnSync } from 'node:child_process'
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
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Timers are files with the second at which they are due; a switched off machine is one file more. */
const SYSTEMD_RUN = `#!/bin/bash
unit=''; after=0; every=''
while [[ "$1" == --* ]]; do
  case "$1" in
    --unit=*) unit="\${1#--unit=}" ;;
    --on-active=*) after="\${1#--on-active=}" ;;
    --on-unit-active=*) every="\${1#--on-unit-active=}" ;;
  esac
  shift
done
[ -e "$STUB/timers/$unit.timer" ] && exit 1
echo "$(($(cat "$STUB/now") + after)) $every" > "$STUB/timers/$unit.timer"
printf '%s\\0' "$@" > "$STUB/timers/$unit.command"
`
const SYSTEMCTL = `#!/bin/bash
case "$1" in
  poweroff) touch "$STUB/off" ;;
  list-units) cd "$STUB/timers"; for one in *.timer; do echo "$one loaded active waiting"; done | grep '^sluice-deadline-' ;;
  stop) rm -f "$STUB/timers/$2" ;;
esac
`
/** The agent's answer, what the machine is asked about itself, and a line for every call of a service. */
const CURL = `#!/bin/bash
url="\${@: -1}"
case "$url" in
  http://localhost:51678/v1/tasks) cat "$STUB/agent" 2> /dev/null || exit 7 ;;
  http://169.254.169.254/*) [ -e "$STUB/no-metadata" ] && exit 28
    case "$url" in
      */api/token) echo token-1 ;;
      */instance-id) echo i-1 ;;
      */security-credentials/) echo films-machine ;;
      */security-credentials/films-machine) printf '{\\n  "Code" : "Success",\\n  "AccessKeyId" : "ASIA1",\\n  "SecretAccessKey" : "s/e+c",\\n  "Token" : "t=="\\n}' ;;
    esac ;;
  *) echo "$@" >> "$STUB/calls"; cat >> "$STUB/keys" ;;
esac
`
/** Nanoseconds, for names. */
const DATE = `#!/bin/bash
count=$(($(cat "$STUB/count" 2> /dev/null || echo 0) + 1)); echo $count | tee "$STUB/count"
`

export interface AgentTask {
  readonly id: string
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED'
}

/** A machine of a cluster whose systemd, agent and cloud are files: its own scripts run, under Bash, minute by minute. */
export class IdleMachine implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-idle-'))
  minute = 0

  constructor(boot: string) {
    for (const name of ['bin', 'timers', 'root']) mkdirSync(join(this.#folder, name))
    const programs = { 'systemd-run': SYSTEMD_RUN, systemctl: SYSTEMCTL, curl: CURL, date: DATE }
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(this.#folder, 'bin', name), text)
      chmodSync(join(this.#folder, 'bin', name), 0o755)
    }
    this.write('now', '0')
    this.write('boot', this.#placed(boot))
  }

  /** What is absolute on the machine lies in its folder. */
  #placed(script: string): string {
    return script
      .replace(/ (\/(opt|run|var|etc)\/)/g, ` ${join(this.#folder, 'root')}$1`)
      .replaceAll("'/opt/", `'${join(this.#folder, 'root')}/opt/`)
  }

  boot(): void {
    mkdirSync(join(this.#folder, 'root/etc/ecs'), { recursive: true })
    this.run(['bash', join(this.#folder, 'boot')])
  }

  run(argv: readonly string[]): void {
    const [program = '', ...rest] = argv
    const path = `${join(this.#folder, 'bin')}:${process.env['PATH'] ?? ''}`
    spawnSync(program, rest, { env: { PATH: path, STUB: this.#folder }, stdio: 'ignore' })
  }

  /** What the agent says; `undefined`: nothing. */
  agent(tasks: readonly AgentTask[] | undefined): void {
    rmSync(join(this.#folder, 'agent'), { force: true })
    if (tasks === undefined) return
    const all = tasks.map(({ id, status }) => ({
      Arn: `arn:aws:ecs:us-east-1:222222222222:task/films-test/${id}`,
      DesiredStatus: status === 'STOPPED' ? 'STOPPED' : 'RUNNING',
      KnownStatus: status,
      Family: 'films-test-p-train_runs',
      Version: '1',
      Containers: [{ DockerId: id, DockerName: `ecs-${id}`, Name: 'step' }],
    }))
    this.write('agent', JSON.stringify({ Tasks: all }))
  }

  /** Lets so many minutes pass, or fewer where the machine goes off. */
  pass(minutes: number): void {
    for (let i = 0; i < minutes && !this.off; i++) {
      this.minute += 1
      this.write('now', String(this.minute * 60))
      for (const [name, at, every] of this.timers()) {
        if (at > this.minute * 60) continue
        const command = this.read(`timers/${name}.command`).split('\0').slice(0, -1)
        if (every === 0) rmSync(join(this.#folder, `timers/${name}.timer`))
        else this.write(`timers/${name}.timer`, `${at + every} ${every}`)
        this.run(command)
      }
    }
  }

  timers(): readonly (readonly [name: string, at: number, every: number])[] {
    return readdirSync(join(this.#folder, 'timers'))
      .filter((name) => name.endsWith('.timer'))
      .map((name) => {
        const [at, every] = this.read(`timers/${name}`).trim().split(' ')
        return [name.slice(0, -'.timer'.length), Number(at), Number(every ?? 0)] as const
      })
  }

  get off(): boolean {
    return existsSync(join(this.#folder, 'off'))
  }

  /** The calls of services, as the arguments of curl. */
  get calls(): readonly string[] {
    return this.read('calls').split('\n').filter(Boolean)
  }

  /** What curl was told beside its command line. */
  get keys(): string {
    return this.read('keys')
  }

  read(name: string): string {
    const path = join(this.#folder, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text)
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}
