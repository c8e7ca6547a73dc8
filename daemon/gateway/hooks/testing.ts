import type { Output, Parsed } from '../../../src/contract/index.ts'
import type { Caller } from '../../caller.ts'
import type { Outcome } from '../../store/pipeline.ts'
import type { GatewayDeps } from '../deps.ts'

/** `ingress.test`: settles once with what the door made of a sample. */
export function testSource(deps: GatewayDeps, caller: Caller, input: Parsed<'ingress.test'>, settle: (outcome: Outcome<Output<'ingress.test'>>) => void): void {
  deps.ingress.test(caller, input).then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => {
      const refusal = deps.asMusterError(error)
      deps.runner.count(refusal)
      settle({ ok: false, error: refusal })
    },
  )
}
