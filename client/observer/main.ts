import { runAsProgram } from '../services/run-as-program.ts'
import { observe } from './observe.ts'

await runAsProgram('muster-observer', observe)
