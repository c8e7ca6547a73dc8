import { runAsProcess } from '../services/process.ts'
import { keepViews } from './keep-views.ts'

await runAsProcess(process, 'muster-views', keepViews)
