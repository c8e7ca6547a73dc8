/** Names the contract: equal revisions accept and send the same frames. Written by `npx tsx scripts/golden.ts --write`. */
export const CONTRACT_REVISION = '323dcd2034cc'
