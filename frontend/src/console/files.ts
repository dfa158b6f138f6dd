import type { Channel, TicketDetail } from '@/api/types';

/** Providers of SMS that send files too (MMS); by the others a message carries text only. */
const MMS = new Set(['twilio']);

/** Whether a reply on this channel can carry files; the server refuses what the network does not take. */
export function channelTakesFiles(channel: Channel, endpoints: TicketDetail['endpoints']): boolean {
  if (channel === 'sms') return endpoints.some((item) => item.kind === 'sms' && MMS.has(item.provider));
  return channel === 'chat' || channel === 'email' || channel === 'social';
}
