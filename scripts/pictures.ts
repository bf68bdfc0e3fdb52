/**
 * Every picture of docs/pictures, by headless Chromium. Usage: node scripts/pictures.ts [reports | SYSTEM]...
 *
 * The systems tell their demos first and are photographed as they serve; what is shown is what ran.
 */

import { photographReports } from './pictures/reports.ts'
import { SHOTS } from './pictures/shots.ts'
import { photographSystem } from './pictures/systems.ts'

const REPORTS = 'reports'
const known = [REPORTS, ...Object.keys(SHOTS)]
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !known.includes(name))
if (unknown !== undefined)
  throw new Error(`there are no pictures of ${unknown}; there are ${known.join(', ')}`)
for (const name of asked.length > 0 ? asked : known) {
  if (name === REPORTS) await photographReports()
  else await photographSystem(name)
}
