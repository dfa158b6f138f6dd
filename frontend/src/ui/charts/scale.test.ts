import { describe, expect, it } from 'vitest';
import { polylines, ticks } from './scale';

describe('ticks', () => {
  it('ends at a round number at or above the greatest value', () => {
    expect(ticks(442)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(ticks(500)).toEqual([0, 100, 200, 300, 400, 500]);
  });
  it('never splits a count', () => {
    expect(ticks(3)).toEqual([0, 1, 2, 3]);
    expect(ticks(12)).toEqual([0, 5, 10, 15]);
  });
  it('has an axis when there is nothing to show', () => {
    expect(ticks(0)).toEqual([0, 1]);
    expect(ticks(Number.NaN)).toEqual([0, 1]);
  });
});

describe('polylines', () => {
  it('puts the lowest value at the bottom and the highest on top', () => {
    expect(polylines([0, 10], 100, 20)).toEqual(['0.0,18.0 100.0,2.0']);
  });
  it('leaves a gap where a value is unknown', () => {
    expect(polylines([1, 2, null, 2, 1], 80, 20)).toHaveLength(2);
  });
  it('draws nothing for a single value', () => {
    expect(polylines([5], 80, 20)).toEqual([]);
  });
});
