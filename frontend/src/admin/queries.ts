import { useQuery, useQueryCache } from '@pinia/colada';
import { get } from '@/api/client';
import type { AdminAccount, AdminBreakReason, AdminEndpoint, AdminOperator, AdminPolicy, AdminQueue, AdminSkill, CalendarList, Contract, MailSignature, Tariff, TariffVersion, Wallboard } from './types';

interface List<T> {
  results: T[];
}
const list = <T>(name: string, path: string, enabled: () => boolean = () => true) =>
  useQuery({ key: ['admin', name], query: async () => (await get<List<T>>(path)).results, staleTime: 10_000, enabled });

export const useAccounts = () => list<AdminAccount>('accounts', '/api/v1/admin/accounts/');
export const useEndpoints = () => list<AdminEndpoint>('endpoints', '/api/v1/admin/endpoints/');
export const useOperators = () => list<AdminOperator>('operators', '/api/v1/admin/operators/');
export const useSignatures = () => list<MailSignature>('signatures', '/api/v1/admin/signatures/');
export const useQueues = () => list<AdminQueue>('queues', '/api/v1/admin/queues/');
export const useSkills = () => list<AdminSkill>('skills', '/api/v1/admin/skills/');
export const useBreakReasons = () => list<AdminBreakReason>('break reasons', '/api/v1/admin/break-reasons/');
export const usePolicies = () => list<AdminPolicy>('policies', '/api/v1/admin/sla-policies/');
export const useCalendars = () => useQuery({ key: ['admin', 'calendars'], query: () => get<CalendarList>('/api/v1/admin/calendars/'), staleTime: 10_000 });
export const useTariffs = (enabled?: () => boolean) => list<Tariff>('tariffs', '/api/v1/tariffs/', enabled);
export const useContracts = (enabled?: () => boolean) => list<Contract>('contracts', '/api/v1/contracts/', enabled);
/** The board of everything, one client, or one queue; the day is the client's own, else that of this device. */
export const useWallboard = (chosen: () => { account: number | null; queue: number | null }) =>
  useQuery({
    key: () => ['admin', 'wallboard', chosen().account ?? 0, chosen().queue ?? 0],
    query: () => get<Wallboard>('/api/v1/admin/wallboard/', { ...chosen(), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
    staleTime: 0,
  });
/** The queues of the whole house by name, for choosing among them. */
export const useQueueNames = () =>
  useQuery({ key: ['admin', 'queue-names'], query: async () => (await get<Wallboard>('/api/v1/admin/wallboard/')).queues.map(({ id, name }) => ({ id, name })), staleTime: 300_000 });
export const useVersion = (id: () => number) => useQuery({ key: () => ['admin', 'version', id()], query: () => get<TariffVersion>(`/api/v1/tariff-versions/${id()}/`), staleTime: 0 });

/** Reads these lists again after a change. */
export function useRefresh() {
  const cache = useQueryCache();
  return (...names: string[]) => Promise.all(names.map((name) => cache.invalidateQueries({ key: ['admin', name] })));
}
