import type { ImageReference } from '../../../domain/digest.ts'

/** What a machine says before the image that it has begun with. */
export const RENEWED = 'sluice: restarted'

/** Time that work has to end, in whole seconds: docker waits so long between SIGTERM and SIGKILL. */
export function drainSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}

/** Looks of a machine at what it runs after its new start, and the seconds between two: images of models are large. */
const LOOKS = 120
const BETWEEN = 5
/** Seconds that all of it may take beside the time in which work ends. */
export const STARTING = LOOKS * BETWEEN + 60

/** Which machines begin again: every one, or those that do not run the image yet. */
export type Which = 'all' | 'others'

/**
 * Run as root on a machine of a worker: ends what runs, then does what a boot does, which asks for the image again
 * (cdktf/aws/boot-script.ts), and says what runs once that has run for two looks. The timers of its first boot, the dead man's before
 * all, go on as they were: a unit that is there is not made again.
 *
 * @param image what it shall run, by digest
 */
export function restartScript(
  seconds: number,
  image: ImageReference,
  which: Which = 'all',
): readonly string[] {
  return [
    'set -eu',
    'boot=/var/lib/cloud/scripts/per-boot/sluice',
    '[ -x "$boot" ] || { echo "this machine has not booted to its end"; exit 3; }',
    'running=$(docker ps --quiet)',
    ...(which === 'all'
      ? []
      : [
          // Work that goes on with the right image is left alone: this may be asked again after a kill.
          `[ -z "$running" ] || now=$(docker inspect --format "{{.Config.Image}}" $running)`,
          `if [ "\${now-}" = "${image}" ]; then echo "${RENEWED} $now"; exit 0; fi`,
        ]),
    `[ -z "$running" ] || docker stop --time ${seconds} $running > /dev/null`,
    // In a unit of its own: the agent would end the work with its command.
    'systemd-run --quiet --collect --property=KillMode=process --unit="sluice-restart-$(date +%s)" "$boot"',
    'seen=0',
    `for look in $(seq ${LOOKS}); do`,
    `  sleep ${BETWEEN}`,
    '  now=$(docker ps --quiet | xargs -r docker inspect --format "{{.Config.Image}}" || true)',
    `  if [ "$now" = "${image}" ]; then seen=$((seen + 1)); else seen=0; fi`,
    `  if [ "$seen" -ge 2 ]; then echo "${RENEWED} $now"; exit 0; fi`,
    'done',
    '[ -n "$now" ] || now=nothing',
    'echo "it runs $now after its new start"',
    'exit 4',
  ]
}
