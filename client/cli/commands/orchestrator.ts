import { family } from '../family.ts'
import { UPKEEP_ACTIONS } from '../workspace/upkeep-actions.ts'

export const command = family({
  name: 'orchestrator',
  about: [
    'A workspace is the folder in which an orchestrator works: who it is and how it goes about it, how the person wants to be told, the projects,',
    'its memory, its personas and skills. `init` adds what is missing and `upgrade` brings up to date what nobody edited; an edited file is left.',
  ],
  actions: UPKEEP_ACTIONS,
  examples: [
    ['muster orchestrator init ~/crew --name boss --person Eva', 'a workspace for the peer boss'],
    ['muster orchestrator diff', 'what a newer version of Muster would write otherwise'],
    ['muster orchestrator upgrade --dry-run', 'look first'],
    ['muster orchestrator upgrade --take AGENTS.md', 'the new one, with yours beside it as AGENTS.md.mine'],
  ],
})
