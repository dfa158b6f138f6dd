/** What can be done with a whole ticket, each by a dialog or at once. */
export type TicketAct = 'transfer' | 'snooze' | 'merge' | 'split' | 'follow_up' | 'whisper' | 'take_over';
