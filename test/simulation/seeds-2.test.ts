import { provesThePromises } from './sweep-suite.ts'

provesThePromises(1)
