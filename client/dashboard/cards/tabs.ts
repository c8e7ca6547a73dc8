/** The pages of what people decide. */
export const DECISION_TABS = [
  { path: '/cards', name: 'Cards' },
  { path: '/approvals', name: 'Approvals' },
  { path: '/tiers', name: 'Tiers' },
] as const
