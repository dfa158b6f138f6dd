import { t } from '@/i18n';
import { Shortcuts, type Action } from '@/live/shortcuts';

/** The keys of the console, as remapped on this device. */
export const shortcuts = new Shortcuts(localStorage);

export function actionName(action: Action): string {
  if (action.startsWith('open.')) return t('desk.keys.action.open', { n: action.slice(5) });
  return t(`desk.keys.action.${action.replace('.', '_') as 'search'}`);
}
