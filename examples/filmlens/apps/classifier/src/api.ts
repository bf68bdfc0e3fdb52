import { loadPinned } from './load-model.ts'
import { Classifier } from './model.ts'
import { Objects } from './objects.ts'
import { parsePin } from './pin.ts'
import { startServer } from './server.ts'

const MODEL = 'sensitive'
const PIN_VARIABLE = 'SLUICE_MODEL_SENSITIVE'

/** Without a pin the service runs and says so: a first deployment has no model yet. */
const pinText = process.env[PIN_VARIABLE]
const pin = pinText === undefined ? undefined : parsePin(pinText)
const classifier = pin === undefined ? undefined : new Classifier(await loadPinned(MODEL, pin, new Objects()))

await startServer({
  port: Number(process.env['PORT'] ?? 8000),
  host: process.env['HOST'] ?? '0.0.0.0',
  model: MODEL,
  ...(classifier === undefined || pin === undefined ? {} : { served: { classifier, pin } }),
})
