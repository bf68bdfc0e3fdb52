import type { Secret } from '../../../src/domain/secret.ts'

/** The text of `runs:/<run>/<name>`, through the REST API alone. */
export async function readRunFile(uri: string, url: string, token?: Secret): Promise<string> {
  const [, run = '', name = ''] = /^runs:\/([^/]+)\/(.+)$/.exec(uri) ?? []
  const headers = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }
  const found = await fetch(`${url}/api/2.0/mlflow/runs/get?run_id=${run}`, { headers })
  const { info } = ((await found.json()) as { run: { info: { artifact_uri: string; status: string } } }).run
  if (info.status !== 'FINISHED') throw new Error(`run ${run} is ${info.status}`)
  const folder = info.artifact_uri.replace(/^mlflow-artifacts:\/+/, '')
  const file = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${name}`, { headers })
  if (!file.ok) throw new Error(`${file.status} ${await file.text()}`)
  return await file.text()
}
