// act gives every job a new empty workspace; a runner of one's own has the one it had before.
import { rmdirSync, symlinkSync } from 'node:fs'

process.chdir('/')
rmdirSync(process.env.GITHUB_WORKSPACE)
symlinkSync(process.env.SLUICE_TEST_KEPT, process.env.GITHUB_WORKSPACE)
