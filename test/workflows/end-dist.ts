import { rmSync } from 'node:fs'
import { distFolder } from './dist-folder.ts'

/** The bundles that a test run has made are gone with it. */
export const teardown = (): void => rmSync(distFolder(), { recursive: true, force: true })
