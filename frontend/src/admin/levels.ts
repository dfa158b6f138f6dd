import { t } from '@/i18n';

const LEVELS = [1, 2, 3, 4, 5] as const;

/** Levels of a skill by their names. */
export const levelOptions = (): { value: number; label: string }[] => LEVELS.map((value) => ({ value, label: t(`admin.skills.levels.${value}`) }));
