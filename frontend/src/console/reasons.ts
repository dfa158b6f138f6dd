import { t } from '@/i18n';

export const REASONS = ['rest', 'meal', 'training', 'meeting', 'technical'] as const;

export function reasonName(reason: string): string {
  const known = REASONS.find((item) => item === reason);
  return known ? t(`console.presence.reason.${known}`) : reason;
}
