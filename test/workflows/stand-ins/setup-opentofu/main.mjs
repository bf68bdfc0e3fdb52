// The machine of the tests has an OpenTofu already.
import { execFileSync } from 'node:child_process'

execFileSync('tofu', ['version'], { stdio: 'inherit' })
