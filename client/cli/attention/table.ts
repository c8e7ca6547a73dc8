import type { Output } from '../output.ts'
import type { Need } from './need.ts'

/** What needs somebody, each with the command for it. */
export function showNeeds(out: Output, needs: readonly Pick<Need, 'says' | 'command'>[]): void {
  if (needs.length === 0) return out.line('Nothing needs you.')
  out.table(
    ['NEEDS YOU', 'NEXT'],
    needs.map(({ says, command }) => [says, `muster ${command}`]),
  )
}
