export interface IdleWatchProps {
  readonly region: string
  /** Milliseconds that the same tasks may be there, and that a machine may be whose agent says nothing. */
  readonly lifetime: number
  /** Milliseconds without a task. */
  readonly idle: number
}

/**
 * What a machine of a cluster runs at every boot before it joins: the second net beneath ECS's managed scaling (promise R32), in Bash
 * and curl, which every image of ECS has. First of all a dead-man timer starts. Each minute the agent is asked which tasks there are:
 * whenever they change, the timer begins anew, and the next one runs before the last is taken away; without a task for `idle` the
 * machine ends. An agent that does not answer changes nothing, so the timer ends its machine.
 *
 * It ends by leaving its group smaller, so that nothing replaces it, and switches itself off whatever comes of that.
 *
 * - the agent: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-introspection.html; it lists ended tasks for hours
 * - the group: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_TerminateInstanceInAutoScalingGroup.html
 */
export function idleWatch({ region, lifetime, idle }: IdleWatchProps): readonly string[] {
  const arm = (unit: string): string =>
    `systemd-run --unit=${unit} --on-active=${Math.ceil(lifetime / 1000)} bash -c '/opt/sluice/end; systemctl poweroff --force'`
  return [
    arm('sluice-deadline-boot'),
    'mkdir -p /opt/sluice /run/sluice /var/lib/cloud/scripts/per-boot',
    "cat > /opt/sluice/end <<'SLUICE_END'",
    ...end(region),
    'SLUICE_END',
    "cat > /opt/sluice/idle <<'SLUICE_IDLE'",
    ...watch(arm, Math.ceil(idle / 60_000)),
    'SLUICE_IDLE',
    'chmod +x /opt/sluice/end /opt/sluice/idle',
    'systemd-run --unit=sluice-idle --on-active=60 --on-unit-active=60 /opt/sluice/idle',
    '[ -e /var/lib/cloud/scripts/per-boot/sluice ] || cp "$0" /var/lib/cloud/scripts/per-boot/sluice',
    'chmod +x /var/lib/cloud/scripts/per-boot/sluice',
  ]
}

/** Keys reach curl by its standard input, not its command line. */
function end(region: string): readonly string[] {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return [
    '#!/bin/bash',
    'metadata=http://169.254.169.254/latest',
    'token="$(curl -sf -m 5 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $metadata/api/token)"',
    'get() { curl -sf -m 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }',
    'role="iam/security-credentials/$(get iam/security-credentials/)"',
    'keys="$(get "$role")"',
    `key() { grep -oE "\\"$1\\" *: *\\"[^\\"]*" <<< "$keys" | cut -d'"' -f4; }`,
    'printf \'user = "%s:%s"\\nheader = "x-amz-security-token: %s"\\n\' "$(key AccessKeyId)" "$(key SecretAccessKey)" "$(key Token)" |',
    `  curl -sf -m 20 -K - --aws-sigv4 aws:amz:${region}:autoscaling \\`,
    '    -d Action=TerminateInstanceInAutoScalingGroup -d Version=2011-01-01 -d ShouldDecrementDesiredCapacity=true \\',
    `    -d "InstanceId=$(get instance-id)" https://autoscaling.${region}.${domain}/`,
  ]
}

function watch(arm: (unit: string) => string, minutes: number): readonly string[] {
  return [
    '#!/bin/bash',
    'mkdir -p /run/sluice && cd /run/sluice || exit 1',
    'said="$(curl -sf -m 10 http://localhost:51678/v1/tasks)"',
    `[[ "$said" == *'"Tasks"'* ]] || exit 0`,
    'tasks="$(tr "{" "\\n" <<< "$said" | grep \'"Arn":"[^"]*:task/\' | grep -v \'"KnownStatus":"STOPPED"\' | grep -o \'"Arn":"[^"]*"\' | sort)"',
    'if [ "$tasks" != "$(cat tasks 2> /dev/null)" ]; then',
    '  next="sluice-deadline-$(date +%s%N)"',
    `  ${arm('"$next"')} || exit 1`,
    "  for old in $(systemctl list-units --all --plain --no-legend 'sluice-deadline-*.timer' | cut -d' ' -f1); do",
    '    [ "$old" = "$next.timer" ] || systemctl stop "$old"',
    '  done',
    '  echo "$tasks" > tasks',
    'fi',
    'if [ -n "$tasks" ]; then echo 0 > idle; exit 0; fi',
    'idle=$(($(cat idle 2> /dev/null || echo 0) + 1))',
    'echo $idle > idle',
    `[ $idle -lt ${minutes} ] || { /opt/sluice/end; systemctl poweroff --force; }`,
  ]
}
