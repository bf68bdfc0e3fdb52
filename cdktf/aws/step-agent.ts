/**
 * What keeps a step on a machine of its own, in the Python that every Amazon Linux has: it starts the container, says in the stream
 * `life/<machine>` of the step's log group that it lives and how it ended, keeps what the program leaves in /checkpoints, and
 * switches the machine off.
 *
 * A checkpoint is kept data first; its manifest comes last, by a conditional write (promise R35), so there is a manifest only of what
 * is whole, and of two machines that write at once each number belongs to one. What is found damaged is passed over.
 *
 * - notice of two minutes: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 * - conditional writes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export const STEP_AGENT = `import hashlib, json, os, shutil, subprocess, sys, threading, time, urllib.request

E = os.environ
LOGS, MACHINE, REGION = E['SLUICE_LOGS'], E['SLUICE_MACHINE'], E['AWS_REGION']
PLACE, KEPT = E.get('SLUICE_CHECKPOINTS', ''), '/opt/sluice/checkpoints'
LIFE = ['--log-group-name', LOGS, '--log-stream-name', 'life/' + MACHINE]
IMDS = E.get('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://169.254.169.254').rstrip('/') + '/latest/'
ended = threading.Event()

def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True)

def say(text, tries=30):
    for attempt in range(tries):
        event = json.dumps([{'timestamp': int(time.time() * 1000), 'message': text}])
        if run('aws', 'logs', 'put-log-events', *LIFE, '--log-events', event).returncode == 0:
            return
        time.sleep(min(30, 2 ** attempt))

def digest(path):
    with open(path, 'rb') as file:
        return 'sha256:' + hashlib.file_digest(file, 'sha256').hexdigest() if hasattr(hashlib, 'file_digest') else slow(file)

def slow(file):
    whole = hashlib.sha256()
    for piece in iter(lambda: file.read(1 << 20), b''):
        whole.update(piece)
    return 'sha256:' + whole.hexdigest()

def fetch(place, folder, one):
    path = os.path.normpath(os.path.join(folder, one['path']))
    if not path.startswith(folder + '/'):
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    got = run('aws', 's3', 'cp', '--quiet', place + one['path'], path)
    return got.returncode == 0 and os.path.getsize(path) == one['size'] and digest(path) == one['digest']

def restore():
    for uri in E.get('SLUICE_RESUME', '').split():
        read = run('aws', 's3', 'cp', '--quiet', uri, '-')
        try:
            manifest = json.loads(read.stdout)
            name, files = os.path.basename(manifest['name']), manifest['files']
            beside = KEPT + '/.' + name
            if all(fetch(PLACE + manifest['data'], beside, one) for one in files):
                os.rename(beside, KEPT + '/' + name)
                return say('resumed ' + name)
            shutil.rmtree(beside, ignore_errors=True)
        except (ValueError, KeyError, TypeError, OSError):
            pass
        say('passed over ' + uri)

def keep(name, number):
    folder, data, files = KEPT + '/' + name, 'data/' + MACHINE + '/' + name + '/', []
    for parent, _, names in os.walk(folder):
        for path in sorted(os.path.join(parent, one) for one in names):
            inner = os.path.relpath(path, folder)
            files.append({'path': inner, 'size': os.path.getsize(path), 'digest': digest(path)})
            if run('aws', 's3', 'cp', '--quiet', path, PLACE + data + inner).returncode != 0:
                return None
    with open('/opt/sluice/manifest.json', 'w') as file:
        json.dump({'schema': 'sluice.checkpoint/v1', 'name': name, 'data': data, 'files': files}, file)
    bucket, key = PLACE[5:].split('/', 1)
    for free in range(number, number + 20):
        put = run('aws', 's3api', 'put-object', '--if-none-match', '*', '--bucket', bucket,
                  '--key', key + 'manifests/' + str(free).zfill(6) + '.json', '--body', '/opt/sluice/manifest.json')
        if put.returncode == 0:
            return free + 1
        if 'PreconditionFailed' not in put.stderr:
            return None
    return None

def keeper(kept):
    number = int(E.get('SLUICE_NEXT', '1'))
    while True:
        last = ended.wait(5)
        for name in sorted(one for one in os.listdir(KEPT) if not one.startswith('.') and one not in kept):
            following = keep(name, number)
            if following is not None:
                number = following
                kept.add(name)
        if last:
            return

def noticed():
    try:
        token = urllib.request.Request(IMDS + 'api/token', method='PUT', headers={'X-aws-ec2-metadata-token-ttl-seconds': '60'})
        key = urllib.request.urlopen(token, timeout=2).read().decode()
        asked = urllib.request.Request(IMDS + 'meta-data/spot/instance-action', headers={'X-aws-ec2-metadata-token': key})
        return urllib.request.urlopen(asked, timeout=2).status == 200
    except OSError:
        return False

def work(image, command):
    os.makedirs(KEPT, exist_ok=True)
    run('aws', 'logs', 'create-log-stream', *LIFE)
    say('started')
    restore()
    uploads = threading.Thread(target=keeper, args=(set(os.listdir(KEPT)),))
    run('docker', 'rm', '--force', 'step')
    begun = run('docker', 'run', '--detach', '--name', 'step', '--volume', KEPT + ':/checkpoints',
                '--env', 'SLUICE_CHECKPOINT_DIR=/checkpoints', '--log-driver', 'awslogs',
                '--log-opt', 'awslogs-region=' + REGION, '--log-opt', 'awslogs-group=' + LOGS,
                '--log-opt', 'awslogs-stream=step/' + MACHINE, *E['SLUICE_DOCKER'].split(), image, *command)
    if begun.returncode != 0:
        return say('broken ' + begun.stderr.strip()[-200:])
    if PLACE:
        uploads.start()
    beat, interrupted, state = 0, False, []
    while True:
        state = run('docker', 'inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', 'step').stdout.split()
        if state[:1] != ['true']:
            break
        if not interrupted and noticed():
            interrupted = True
            say('interrupted', 2)
            run('docker', 'stop', '--time', '60', 'step')
            continue
        if time.time() - beat >= 60:
            beat = time.time()
            say('beat', 1)
        time.sleep(2)
    ended.set()
    if PLACE:
        uploads.join()
    say('interrupted' if interrupted else 'exit ' + (state[1] if len(state) > 1 else '125'))

try:
    work(sys.argv[1], sys.argv[2:])
finally:
    run('systemctl', 'poweroff')
`
