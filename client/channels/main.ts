import { runAsProgram } from '../services/run-as-program.ts'
import { serve } from './serve.ts'

await runAsProgram('muster-channels', serve)
