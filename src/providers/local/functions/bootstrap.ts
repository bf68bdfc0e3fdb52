/**
 * The programs that run a handler in a process of its own, over the Lambda Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). They are texts, because a bundle is one file.
 */

/** Node: `file.export`, ES modules and CommonJS, promises and callbacks. */
const NODE = `
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env
const base = 'http://' + AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime'
const send = (method, path, body) => new Promise((resolve, reject) => {
  const sent = request(base + path, { method, agent: false }, (response) => {
    const chunks = []
    response.on('data', (chunk) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }))
  })
  sent.on('error', reject)
  sent.end(body)
})
const errorOf = (error) => JSON.stringify(error instanceof Error
  ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\\n') }
  : { errorType: 'Error', errorMessage: typeof error === 'string' ? error : JSON.stringify(error) ?? 'undefined' })
const load = async () => {
  const dot = _HANDLER.lastIndexOf('.')
  const stem = join(LAMBDA_TASK_ROOT, _HANDLER.slice(0, dot))
  const path = ['.js', '.mjs', '.cjs'].map((end) => stem + end).find((one) => existsSync(one))
  if (path === undefined) throw Object.assign(new Error("Cannot find module '" + stem + "'"), { name: 'Runtime.ImportModuleError' })
  const found = await import(pathToFileURL(path).href)
  const name = _HANDLER.slice(dot + 1)
  const handler = found[name] ?? found.default?.[name]
  if (typeof handler !== 'function') throw Object.assign(new Error(_HANDLER + ' is undefined or not exported'), { name: 'Runtime.HandlerNotFound' })
  return handler
}
const call = (handler, event, context) => new Promise((resolve, reject) => {
  const done = (error, value) => error == null ? resolve(value) : reject(error)
  const value = handler(event, context, done)
  if (handler.length < 3 || typeof value?.then === 'function') resolve(value)
})
let handler
try {
  handler = await load()
} catch (error) {
  console.error(error)
  await send('POST', '/init/error', errorOf(error)).catch(() => {})
  process.exit(1)
}
for (;;) {
  const next = await send('GET', '/invocation/next').catch(() => process.exit(0))
  if (next.status !== 200) process.exit(0)
  const id = next.headers['lambda-runtime-aws-request-id']
  const deadline = Number(next.headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: next.headers['lambda-runtime-invoked-function-arn'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  let answer
  try {
    const value = await call(handler, JSON.parse(next.text), context)
    answer = ['/response', JSON.stringify(value) ?? 'null']
  } catch (error) {
    console.error(error)
    answer = ['/error', errorOf(error)]
  }
  await send('POST', '/invocation/' + id + answer[0], answer[1]).catch(() => process.exit(0))
}
`

/** Python: `file.function` or `package/file.function`. */
const PYTHON = `
import importlib, http.client, json, os, sys, time, traceback
where, _, token = os.environ['AWS_LAMBDA_RUNTIME_API'].partition('/')
base = '/' + token + '/2018-06-01/runtime'
def send(method, path, body=None):
    try:
        connection = http.client.HTTPConnection(where)
        connection.request(method, base + path, body)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, response.headers, text
    except OSError:
        os._exit(0)
def error_of(error):
    trace = traceback.format_exception(type(error), error, error.__traceback__)
    return json.dumps({'errorType': type(error).__name__, 'errorMessage': str(error), 'stackTrace': trace}).encode()
class Context:
    function_name = os.environ['AWS_LAMBDA_FUNCTION_NAME']
    function_version = '$LATEST'
    memory_limit_in_mb = os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']
    log_group_name = os.environ['AWS_LAMBDA_LOG_GROUP_NAME']
    def __init__(self, headers):
        self.aws_request_id = headers['Lambda-Runtime-Aws-Request-Id']
        self.invoked_function_arn = headers['Lambda-Runtime-Invoked-Function-Arn']
        self._deadline = int(headers['Lambda-Runtime-Deadline-Ms'])
    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))
sys.path.insert(0, os.environ['LAMBDA_TASK_ROOT'])
try:
    try:
        import resource
        limit = int(os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']) * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ImportError, ValueError, OSError):
        pass
    name, _, attribute = os.environ['_HANDLER'].rpartition('.')
    handler = getattr(importlib.import_module(name.replace('/', '.')), attribute)
except BaseException as error:
    traceback.print_exc()
    send('POST', '/init/error', error_of(error))
    os._exit(1)
while True:
    status, headers, text = send('GET', '/invocation/next')
    if status != 200:
        os._exit(0)
    request = headers['Lambda-Runtime-Aws-Request-Id']
    try:
        answer = '/response', json.dumps(handler(json.loads(text), Context(headers))).encode()
    except Exception as error:
        traceback.print_exc()
        answer = '/error', error_of(error)
    sys.stdout.flush()
    send('POST', '/invocation/' + request + answer[0], answer[1])
`

export type Language = 'node' | 'python'

/** The language of a Lambda runtime, `nodejs22.x`; undefined where cloud local does not speak it. */
export function languageOf(runtime = 'nodejs22.x'): Language | undefined {
  if (runtime.startsWith('nodejs')) return 'node'
  if (runtime.startsWith('python')) return 'python'
  return undefined
}

/**
 * How a handler is started.
 *
 * @param program absolute path of node or python3
 * @param memory bytes: Node's heap is held below, and on Linux all data of Python
 */
export function bootstrapArgv(
  language: Language,
  program: string,
  memory: number,
): readonly [string, ...string[]] {
  switch (language) {
    case 'node': {
      const heap = `--max-old-space-size=${Math.max(64, Math.floor(memory / 1024 ** 2))}`
      return [program, heap, '--input-type=module', '-e', NODE]
    }
    case 'python':
      return [program, '-u', '-c', PYTHON]
    default:
      return language satisfies never
  }
}
