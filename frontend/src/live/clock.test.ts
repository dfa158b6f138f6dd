import { expect, test } from 'vitest';
import { ServerClock } from './clock';

const at = (ms: number): string => new Date(ms).toISOString();

test('the clock follows the server when the device is wrong', () => {
  const clock = new ServerClock(() => 1_000_000);
  clock.correct(at(1_090_000));
  expect(clock.now()).toBe(1_090_000);
});

test('half of the round trip is added to what the server said', () => {
  const clock = new ServerClock(() => 1_000_000);
  clock.correct(at(1_000_000), 200);
  expect(clock.now()).toBe(1_000_100);
});

test('a slow answer does not spoil a good measure', () => {
  const clock = new ServerClock(() => 1_000_000);
  clock.correct(at(1_005_000), 20);
  clock.correct(at(1_004_600), 900);
  expect(clock.now()).toBe(1_005_010);
});

test('a jump of the device clock is followed even by a slow answer', () => {
  let wall = 1_000_000;
  const clock = new ServerClock(() => wall);
  clock.correct(at(1_000_000), 20);
  wall = 5_000_000;
  clock.correct(at(1_001_000), 900);
  expect(clock.now()).toBe(1_001_450);
});

test('what is no time is ignored', () => {
  const clock = new ServerClock(() => 7);
  clock.correct('soon');
  expect(clock.now()).toBe(7);
});
