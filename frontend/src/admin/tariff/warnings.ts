import { textOr } from '@/client/texts';
import { formatMoney } from '@/format';
import type { TariffWarning } from '../types';

/** A warning in the language shown; one this page does not know is told in the server's words. */
export function warningText(warning: TariffWarning, currency: string): string {
  const amount = /^[0-9.]+$/.test(warning.before) && /^[A-Z]{3}$/.test(currency) ? formatMoney(warning.before, currency) : warning.before;
  return textOr(`admin.tariff.warning.${warning.kind}`, warning.message, { before: amount });
}
