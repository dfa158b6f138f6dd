import { computed } from 'vue';
import { t } from '@/i18n';
import { useAccounts } from '../queries';

/** Accounts by name, for what the ledger knows by id only; no account is nobody's. */
export function useAccountNames() {
  const { data } = useAccounts();
  const accountName = (id: number | null): string => (id === null ? t('admin.time.nobody') : (data.value?.find((item) => item.id === id)?.name ?? `#${id}`));
  const accountOptions = computed(() => (data.value ?? []).map((item) => ({ value: item.id, label: item.name })));
  const zones = computed(() => [...new Set([Intl.DateTimeFormat().resolvedOptions().timeZone, 'UTC', ...(data.value ?? []).map((item) => item.time_zone)])]);
  return { accountName, accountOptions, zones };
}
