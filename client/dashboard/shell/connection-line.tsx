import { Time } from '../parts/time.tsx'
import { connection, me, nodeName } from '../session/connection.ts'

/** Whether what the page shows is the present, in one line. */
export function ConnectionLine() {
  const { value: state } = connection
  return (
    <p class={`connection connection-${state.state}`} role="status">
      {state.state === 'online' ? (
        <>
          <span class="connection-dot" />
          {me.value?.name} on {nodeName.value}
        </>
      ) : state.state === 'offline' ? (
        <>
          <span class="connection-dot" />
          Offline, since <Time at={new Date(state.since).toISOString()} />
        </>
      ) : state.state === 'ended' ? (
        <>
          <span class="connection-dot" />
          {state.says}
        </>
      ) : (
        <>
          <span class="connection-dot" />
          Connecting…
        </>
      )}
    </p>
  )
}
