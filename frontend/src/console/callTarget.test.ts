import { expect, test } from 'vitest';
import { callTarget } from './callTarget';

test('up to six digits are an extension, more are a number outside, anything else is neither', () => {
  expect(callTarget('102')).toEqual({ extension: '102' });
  expect(callTarget(' *97# ')).toEqual({ extension: '*97#' });
  expect(callTarget('123456')).toEqual({ extension: '123456' });
  expect(callTarget('1234567')).toEqual({ number: '1234567' });
  expect(callTarget('+44 (20) 7183-8750')).toEqual({ number: '+442071838750' });
  for (const nothing of ['', '  ', 'Anna', '+12', '12 apples']) expect(callTarget(nothing)).toBeNull();
});
