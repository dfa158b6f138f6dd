type LaterKey = 'hour' | 'three_hours' | 'tomorrow' | 'monday';

/** When a ticket is usually wanted back, as of an instant, in the person's own time: hours from now, mornings at nine. */
export function laterChoices(now: Date): { key: LaterKey; at: Date }[] {
  const morning = (days: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { key: 'hour', at: new Date(now.getTime() + 3_600_000) },
    { key: 'three_hours', at: new Date(now.getTime() + 3 * 3_600_000) },
    { key: 'tomorrow', at: morning(1) },
    { key: 'monday', at: morning(toMonday) },
  ];
}
