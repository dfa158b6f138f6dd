import { expect, test } from 'vitest';
import { laterChoices } from './later';

const at = (now: Date) => Object.fromEntries(laterChoices(now).map((choice) => [choice.key, choice.at]));

test('a ticket comes back in hours from now, tomorrow at nine, on the coming Monday at nine', () => {
  // a Friday
  expect(at(new Date(2026, 5, 5, 16, 30))).toEqual({
    hour: new Date(2026, 5, 5, 17, 30),
    three_hours: new Date(2026, 5, 5, 19, 30),
    tomorrow: new Date(2026, 5, 6, 9),
    monday: new Date(2026, 5, 8, 9),
  });
});

test('on a Monday the coming Monday is a week away, on a Sunday it is tomorrow', () => {
  expect(at(new Date(2026, 5, 8, 8)).monday).toEqual(new Date(2026, 5, 15, 9));
  expect(at(new Date(2026, 5, 7, 8)).monday).toEqual(new Date(2026, 5, 8, 9));
});
