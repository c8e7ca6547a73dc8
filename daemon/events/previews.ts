import type { Event, EventPreview } from '../../src/contract/index.ts'
import { decodeId } from '../../src/ids.ts'
import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import { type About, excerptsOf } from '../threads/index.ts'

/** Events with what the caller may read of the messages that they are about, which is looked up now: the log has no words. */
export function withPreviews(reader: Reader, caller: Caller, events: readonly Event[]): (Event & { preview?: EventPreview })[] {
  const about = events.map(aboutOf)
  const asked = about.filter((each) => each !== undefined)
  const found = excerptsOf(reader, caller, asked)
  let place = 0
  return events.map((event, index) => {
    const preview = about[index] && found.get(place++)
    return preview ? { ...event, preview } : event
  })
}

/** The message that an event names, unless it is about one delivery of it; else its subject. The number alone counts: of whichever life an id is, its row is here. */
function aboutOf({ subject, changed }: Event): About | undefined {
  const of = subject === null ? undefined : decodeId(subject)
  if (of?.kind === 'message' || of?.kind === 'delivery') return [of.kind, of.number]
  if (of?.kind !== 'thread') return undefined
  const message = changed['message']
  const named = typeof message === 'string' ? decodeId(message) : undefined
  return named?.kind === 'message' ? ['message', named.number] : ['thread', of.number]
}
