import { runAsProcess } from '../services/process.ts'
import { observe } from './observe.ts'

await runAsProcess(process, 'muster-observer', (duty) => observe(duty, process.env))
