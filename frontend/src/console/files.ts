import { useQuery } from '@pinia/colada';
import { get } from '@/api/client';
import type { Channel, FileAbility, TicketDetail } from '@/api/types';

type Ability = Pick<FileAbility, 'max_files' | 'text_with_files'>;
const KINDS: Partial<Record<Channel, FileAbility['kind']>> = { email: 'email', chat: 'webchat', sms: 'sms', social: 'social' };

/** What every way of sending takes, as the server's adapters have it; asked for once. */
export function useFileAbilities() {
  return useQuery({ key: ['file abilities'], query: () => get<{ results: FileAbility[] }>('/api/v1/file-abilities/'), staleTime: Number.POSITIVE_INFINITY });
}

/** What a reply by this channel can carry; null: no files. It leaves by the ticket's newest place on the channel. */
export function fileAbility(channel: Channel, endpoints: TicketDetail['endpoints'], abilities: readonly FileAbility[]): Ability | null {
  const kind = KINDS[channel];
  const provider = endpoints.findLast((item) => item.kind === kind)?.provider ?? '';
  const found = abilities.find((item) => item.kind === kind && item.provider === provider) ?? null;
  return found && found.max_files > 0 ? found : null;
}

interface Parcel<T> {
  text: string;
  files: T[];
}

/** As few messages as the channel allows: one where it can, else the text first and the files after it. */
export function parcels<T>(text: string, files: readonly T[], ability: Ability | null): Parcel<T>[] {
  if (files.length === 0 || ability === null) return [{ text, files: [] }];
  const made: Parcel<T>[] = text !== '' && !ability.text_with_files ? [{ text, files: [] }] : [];
  for (let start = 0; start < files.length; start += ability.max_files) {
    made.push({ text: start === 0 && ability.text_with_files ? text : '', files: files.slice(start, start + ability.max_files) });
  }
  return made;
}
