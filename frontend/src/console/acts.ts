/** What can be done with a whole ticket, each by a dialog or at once. */
export type TicketAct = 'transfer' | 'callback' | 'snooze' | 'merge' | 'split' | 'follow_up' | 'whisper' | 'take_over';
