import { family } from '../family.ts'
import { MEMORY_ACTIONS } from '../workspace/memory-actions.ts'

export const command = family({
  name: 'memory',
  about: [
    "The notes in memory/ of an orchestrator's workspace: Markdown files that you may edit by hand, too. A rule says what to do, not what happened;",
    '`lint` finds the ones that tell a story, and what is out of date. They are for the orchestrator alone: what others have to know goes into a brief.',
  ],
  fallback: 'list',
  actions: MEMORY_ACTIONS,
  examples: [
    ['muster memory write "Reviews first" --kind rule "Merge what is reviewed."', 'a rule'],
    ['muster memory write Staging --kind fact --expires 30d -f staging.txt', 'a fact, for a month'],
    ['muster memory', 'what there is'],
    ['muster memory search deploy', 'notes by their words'],
    ['muster memory recall --for "Deploy the web app"', 'what to be reminded of, in at most 500 tokens'],
    ['muster memory lint', 'what should not stay as it is'],
    ['muster memory forget staging', 'out of the memory; its text is kept'],
  ],
  advice: (word) => `To look for it: muster memory search ${word}.`,
})
