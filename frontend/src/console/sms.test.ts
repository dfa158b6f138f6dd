import { expect, test } from 'vitest';
import vectors from '../../../tests/unit/channels/sms_segments.json';
import { smsParts } from './sms';

const SIZES = { gsm7: [160, 153], ucs2: [70, 67] } as const;

// the server counts by the same ones: tests/unit/channels/test_sms_segments.py
test.each(vectors.cases)('a text of $units units in $encoding falls into $parts', ({ text, encoding, units, parts }) => {
  const [single, each] = SIZES[encoding as keyof typeof SIZES];
  const whole = text.map(([piece, times]) => String(piece).repeat(Number(times))).join('');
  expect(smsParts(whole)).toEqual({ used: units, max: parts === 1 ? single : parts * each, parts });
});
