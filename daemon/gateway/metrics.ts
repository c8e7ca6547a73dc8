import type { Output } from '../../src/contract/index.ts'
import type { OperationRunner } from '../operations.ts'
import type { Pipeline } from '../store/pipeline.ts'

export interface MetricsSource {
  readonly runner: OperationRunner
  readonly pipeline: Pipeline
  readonly status: () => Output<'node.status'>
  readonly inFlight: () => number
  readonly uptimeSeconds: () => number
}

/** The text format of Prometheus, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/); gauges are read when asked for. */
export function renderMetrics(source: MetricsSource): string {
  const status = source.status()
  const { batches, commands, failures } = source.pipeline.stats
  const memory = process.memoryUsage()
  const lines: string[] = []
  const metric = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly (readonly [labels: string, value: number])[]) => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`)
  }
  const operations = Array.from(source.runner.stats.calls, ([name, calls]) => [`{operation="${name}"}`, calls] as const)
  const errors = Array.from(source.runner.stats.errors, ([code, times]) => [`{code="${code}"}`, times] as const)
  const peers = Object.entries(status.peers).map(([presence, value]) => [`{presence="${presence}"}`, value] as const)
  metric('muster_operations_total', 'counter', 'Operations called, by name.', operations)
  metric('muster_errors_total', 'counter', 'Operations refused or failed, by error code.', errors)
  metric('muster_commits_total', 'counter', 'Batches committed or failed.', [['', batches]])
  metric('muster_commands_total', 'counter', 'Commands in those batches.', [['', commands]])
  metric('muster_commit_failures_total', 'counter', 'Batches that failed.', [['', failures]])
  metric('muster_connections', 'gauge', 'Open connections.', [['', status.connections]])
  metric('muster_peers', 'gauge', 'Registered peers, by presence.', peers)
  metric('muster_open_asks', 'gauge', 'Asks that wait for an answer.', [['', status.openAsks]])
  metric('muster_deliveries_waiting', 'gauge', 'Deliveries queued or offered.', [['', status.queued]])
  metric('muster_deliveries_in_flight', 'gauge', 'Deliveries offered to a connected consumer.', [['', source.inFlight()]])
  metric('muster_dead_letters', 'gauge', 'Dead letters.', [['', status.deadLetters]])
  metric('muster_search_behind', 'gauge', 'Messages that the search does not find yet, at most.', [['', status.search.behind]])
  metric('muster_read_only', 'gauge', '1 while the disk is full.', [['', status.readOnly ? 1 : 0]])
  metric('muster_purged_rows_total', 'counter', 'Rows deleted by retention.', [['', status.retention.purgedRows]])
  metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', memory.rss]])
  metric('process_uptime_seconds', 'gauge', 'Seconds since the start.', [['', Math.round(source.uptimeSeconds())]])
  return `${lines.join('\n')}\n`
}
