/** Names the contract: equal revisions accept and send the same frames. Written by `npx tsx scripts/golden.ts --write`. */
export const CONTRACT_REVISION = 'ed7f7323d5b1'
