/** The shapes of /api/v1/portal/ by short names: milliseconds are whole, shares are whole thousandths, money is a decimal string. */
import type { components } from '@/api/schema';

type Schemas = components['schemas'];

export type Usage = Schemas['Usage'];
export type Periods = Schemas['Periods'];
/** One handled unit, or a call that nobody took (`id` tells them apart: i17, c42). */
export type PortalContact = Schemas['PortalContact'];
export type TimeClasses = Schemas['TimeClasses'];
