import { runAsProgram } from '../services/run-as-program.ts'
import { keepViews } from './keep-views.ts'

await runAsProgram('muster-views', keepViews)
