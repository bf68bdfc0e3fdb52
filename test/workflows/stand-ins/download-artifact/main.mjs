// What actions/download-artifact does with the id of one artifact.
import { cpSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const store = process.env.SLUICE_TEST_ARTIFACTS
const id = process.env['INPUT_ARTIFACT-IDS']
const found = readdirSync(store).find((entry) => id !== '' && entry.startsWith(`${id}=`))
if (found === undefined) throw new Error(`there is no artifact ${id}`)
cpSync(join(store, found), resolve(process.env.INPUT_PATH), { recursive: true })
