import '../cards/cards.css'
import './threads.css'
import { useRoute } from 'preact-iso'
import { Empty } from '../parts/states.tsx'
import { isWide } from '../parts/wide.ts'
import { ThreadPage } from './thread.tsx'
import { ThreadList } from './thread-list.tsx'

/** Threads: on a desk the list with the thread that is open beside it, on a phone one of the two. */
export function ThreadsPage() {
  const { thread } = useRoute().params
  const one = thread === undefined ? null : <ThreadPage key={thread} id={thread} />
  if (!isWide.value) return one ?? <ThreadList open={undefined} />
  return (
    <div class="split">
      <ThreadList open={thread} />
      <div class="split-main">
        {one ?? (
          <Empty title="No thread is open.">
            <p>Choose one from the list.</p>
          </Empty>
        )}
      </div>
    </div>
  )
}
