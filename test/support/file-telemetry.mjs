// What a user's own telemetry.mjs does, with spans going to the file of SPANS: `node --import` loads it before the daemon.
import { appendFileSync } from 'node:fs'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

const exporter = {
  export(spans, done) {
    for (const { name, attributes } of spans) appendFileSync(process.env.SPANS, `${JSON.stringify({ name, attributes })}\n`)
    done({ code: 0 })
  },
  shutdown: async () => undefined,
  forceFlush: async () => undefined,
}
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 600_000 })] }))
