import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Day = Schemas['Day'];
export type DaySlice = Day['slices'][number];
export type TimeTotal = Schemas['TimeTotal'];
type TimeKind = TimeTotal['kind'];
export type TimeCorrection = Schemas['Correction'];
export type TimeEffect = Schemas['Effect'];
export type TimeContradiction = Schemas['Contradiction'];
export type Reallocation = Schemas['Reallocation'];
export type TimeEvent = Schemas['TimeEvent'];
export type SessionVersion = Schemas['AllocationVersion'];

/** In the order of precedence: the first that is active owns the moment. */
export const KINDS = ['hold', 'talk', 'focus', 'wrap', 'offer', 'break', 'open', 'idle'] as const satisfies readonly TimeKind[];
export const ASSIGNABLE = ['talk', 'focus', 'wrap', 'break', 'idle'] as const;

/** 1:04:31.250, exact: every millisecond of a total can be added up on paper. */
export function formatExactSpan(ms: number): string {
  const rest = Math.abs(ms);
  const part = (value: number, width = 2): string => String(value).padStart(width, '0');
  const text = `${Math.floor(rest / 3_600_000)}:${part(Math.floor(rest / 60_000) % 60)}:${part(Math.floor(rest / 1000) % 60)}.${part(rest % 1000, 3)}`;
  return ms < 0 ? `−${text}` : text;
}

/** The parts of an instant on the clocks of a zone: ["2026-06-15", "09:30:00"]. */
export function wallClock(at: string | number, zone: string): [string, string] {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).formatToParts(new Date(at));
  const read = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return [`${read('year')}-${read('month')}-${read('day')}`, `${read('hour')}:${read('minute')}:${read('second')}`];
}

/** The instant at which the clocks of a zone show this; where they show it twice, the first. Null for no time. */
export function instantOf(date: string, time: string, zone: string): string | null {
  const wanted = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`);
  if (Number.isNaN(wanted)) return null;
  const shown = (at: number): number => Date.parse(`${wallClock(at, zone).join('T')}Z`);
  const candidates = [-86_400_000, 86_400_000].map((away) => wanted - (shown(wanted + away) - (wanted + away)));
  const exact = candidates.filter((at) => shown(at) === wanted);
  return new Date(Math.min(...(exact.length > 0 ? exact : candidates))).toISOString();
}

interface TotalRow {
  account: number | null;
  ms: Partial<Record<TimeKind, number>>;
  sum: number;
}

/** A row for each account (nobody last) with its time by class, and the row of all sums. */
export function totalRows(totals: readonly TimeTotal[]): { rows: TotalRow[]; all: TotalRow; kinds: TimeKind[] } {
  const all: TotalRow = { account: null, ms: {}, sum: 0 };
  const rows = new Map<number | null, TotalRow>();
  for (const total of totals) {
    const row = rows.get(total.account) ?? { account: total.account, ms: {}, sum: 0 };
    rows.set(total.account, row);
    for (const target of [row, all]) {
      target.ms[total.kind] = (target.ms[total.kind] ?? 0) + total.ms;
      target.sum += total.ms;
    }
  }
  const sorted = [...rows.values()].sort((a, b) => (a.account === null ? 1 : b.account === null ? -1 : b.sum - a.sum));
  return { rows: sorted, all, kinds: KINDS.filter((kind) => all.ms[kind]) };
}

export interface Difference {
  account: number | null;
  kind: TimeKind;
  before: number;
  after: number;
}

/** What is not the same before and after, by account and class. */
export function differences(before: readonly TimeTotal[], after: readonly TimeTotal[]): Difference[] {
  const found = new Map<string, Difference>();
  for (const [side, totals] of [['before', before], ['after', after]] as const) {
    for (const total of totals) {
      const key = `${total.account}/${total.kind}`;
      const line = found.get(key) ?? { account: total.account, kind: total.kind, before: 0, after: 0 };
      line[side] += total.ms;
      found.set(key, line);
    }
  }
  return [...found.values()].filter((line) => line.before !== line.after);
}

interface Block {
  slice: DaySlice;
  kind: TimeKind;
  start: number;
  width: number;
}

/** The lanes of a day's picture: for each account the slices it has a share of, in parts (0 to 1) of the span shown. */
export function lanes(day: Day, span: { from: number; until: number }): { account: number | null; blocks: Block[] }[] {
  const found = new Map<number | null, Block[]>();
  const length = span.until - span.from;
  for (const slice of day.slices) {
    const start = (Date.parse(slice.started_at) - span.from) / length;
    const width = slice.ms / length;
    for (const share of slice.allocations) {
      const blocks = found.get(share.account_id) ?? [];
      found.set(share.account_id, blocks);
      const last = blocks.at(-1);
      if (last?.slice !== slice) blocks.push({ slice, kind: slice.kind, start, width });
    }
  }
  return [...found].map(([account, blocks]) => ({ account, blocks })).sort((a, b) => (a.account === null ? 1 : b.account === null ? -1 : a.account - b.account));
}

/** The hours that the picture shows: from the full hour before the first slice to the one after the last. */
export function shownSpan(day: Day): { from: number; until: number } {
  const hour = 3_600_000;
  const first = day.slices[0];
  const last = day.slices.at(-1);
  if (!first || !last) return { from: Date.parse(day.starts_at), until: Date.parse(day.ends_at) };
  return { from: Math.floor(Date.parse(first.started_at) / hour) * hour, until: Math.ceil(Date.parse(last.ended_at) / hour) * hour };
}
