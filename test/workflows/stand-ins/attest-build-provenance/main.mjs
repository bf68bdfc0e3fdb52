// What would be attested, into the file SLUICE_TEST_ATTESTED.
import { appendFileSync } from 'node:fs'

appendFileSync(process.env.SLUICE_TEST_ATTESTED, `${process.env['INPUT_SUBJECT-CHECKSUMS']}\n`)
