import { useRoute } from 'preact-iso'
import { Page } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { WaitingCard } from './card.tsx'

/** One card, whatever became of it. */
export function CardPage() {
  const { card = '' } = useRoute().params
  const found = useLive('decisions.get', { card }, ['decision', 'approval'])
  return (
    <Page title="Card">
      <Loaded of={found}>{(data) => (data.card.state === 'waiting' ? <WaitingCard card={data.card} /> : <p>{data.card.state}</p>)}</Loaded>
    </Page>
  )
}
