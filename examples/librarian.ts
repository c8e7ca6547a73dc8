import { once } from 'node:events'
import { connect } from 'muster'

const shelves: Record<string, string> = { 'moby dick': 'M7', walden: 'W1' }

// The first run joins as "librarian" and keeps its credential; later runs resume as the same peer, with whatever mail came meanwhile.
await using peer = await connect({
  name: 'librarian',
  capabilities: ['books'],
  description: 'Knows which shelf a book is on.',

  // What it returns is the answer; what it throws declines the ask, with the reason. Should this process die before
  // that, the ask comes again with a higher `attempt` and the same `id`.
  onAsk(body, context) {
    console.log(`${context.from?.name} asks: ${body} (${context.id}, attempt ${context.attempt})`)
    const shelf = shelves[body.toLowerCase()]
    if (!shelf) throw new Error(`There is no “${body}” here.`)
    return `Shelf ${shelf}.`
  },

  // Returning acknowledges the message; a throw gives it back, to be offered again after a while.
  async onNotify(body, context) {
    console.log(`${context.from?.name} says: ${body}`)
    // A peer speaks too. `ask` waits for an answer, `cast` does not, `notify` needs none.
    if (context.from) await context.notify(context.from.id, `Noted: ${body}`)
  },
})

peer.on('status', ({ state }) => console.log(`The librarian is ${state}.`))
console.log('The librarian is in. Ctrl-C ends its day.')
await once(process, 'SIGINT')
// Leaving the scope drains: what is at work ends, and what was not begun waits for the next day.
