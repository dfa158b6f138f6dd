import { describe, expect, it } from 'vitest';
import { differences, formatExactSpan, instantOf, lanes, shownSpan, totalRows, wallClock, type Day, type TimeTotal } from './times';

describe('times of the ledger', () => {
  it('shows every millisecond', () => {
    expect(formatExactSpan(0)).toBe('0:00:00.000');
    expect(formatExactSpan(3_871_250)).toBe('1:04:31.250');
    expect(formatExactSpan(-61_001)).toBe('−0:01:01.001');
    expect(formatExactSpan(360_000_000)).toBe('100:00:00.000');
  });

  it('reads and sets the clocks of a zone, also on days on which they change', () => {
    expect(wallClock('2026-06-15T22:30:00Z', 'Europe/Madrid')).toEqual(['2026-06-16', '00:30:00']);
    expect(instantOf('2026-06-16', '00:30', 'Europe/Madrid')).toBe('2026-06-15T22:30:00.000Z');
    expect(instantOf('2026-03-29', '12:00:00', 'Europe/Madrid')).toBe('2026-03-29T10:00:00.000Z');
    expect(instantOf('2026-03-29', '00:30:00', 'Europe/Madrid')).toBe('2026-03-28T23:30:00.000Z');
    // 2:30 is shown twice on the last Sunday of October; the first is meant
    expect(instantOf('2026-10-25', '02:30:00', 'Europe/Madrid')).toBe('2026-10-25T00:30:00.000Z');
    expect(instantOf('2026-06-15', '', 'UTC')).toBeNull();
  });

  const totals: TimeTotal[] = [
    { account: null, kind: 'idle', ms: 500 },
    { account: 2, kind: 'talk', ms: 100 },
    { account: 1, kind: 'talk', ms: 200 },
    { account: 1, kind: 'wrap', ms: 50 },
  ];

  it('adds totals up by account and class, nobody last', () => {
    const { rows, all, kinds } = totalRows(totals);
    expect(rows.map((row) => [row.account, row.sum])).toEqual([[1, 250], [2, 100], [null, 500]]);
    expect(all.ms).toEqual({ idle: 500, talk: 300, wrap: 50 });
    expect(all.sum).toBe(850);
    expect(kinds).toEqual(['talk', 'wrap', 'idle']);
  });

  it('names only what differs before and after', () => {
    const after: TimeTotal[] = [{ account: null, kind: 'idle', ms: 400 }, ...totals.slice(1), { account: 2, kind: 'wrap', ms: 100 }];
    expect(differences(totals, after)).toEqual([
      { account: null, kind: 'idle', before: 500, after: 400 },
      { account: 2, kind: 'wrap', before: 0, after: 100 },
    ]);
  });

  it('draws each slice in the lane of every account that has a share of it', () => {
    const slice = (start: string, end: string, accounts: (number | null)[]) => ({
      id: 1,
      started_at: start,
      ended_at: end,
      ms: Date.parse(end) - Date.parse(start),
      kind: 'open' as const,
      account_id: null,
      interaction_id: null,
      channel: '',
      reason: '',
      allocations: accounts.map((account_id) => ({ account_id, interaction_id: null, ms: 1 })),
    });
    const day = {
      starts_at: '2026-06-15T00:00:00Z',
      ends_at: '2026-06-16T00:00:00Z',
      slices: [slice('2026-06-15T09:15:00Z', '2026-06-15T10:15:00Z', [2, 1]), slice('2026-06-15T10:15:00Z', '2026-06-15T10:45:00Z', [null])],
    } as unknown as Day;
    const span = shownSpan(day);
    expect(span).toEqual({ from: Date.parse('2026-06-15T09:00:00Z'), until: Date.parse('2026-06-15T11:00:00Z') });
    expect(lanes(day, span).map((lane) => [lane.account, lane.blocks.map((block) => [block.start, block.width])])).toEqual([
      [1, [[0.125, 0.5]]],
      [2, [[0.125, 0.5]]],
      [null, [[0.625, 0.25]]],
    ]);
  });
});
