import { expect, test } from 'vitest';
import { smsParts } from './sms';

// Lengths of 3GPP TS 23.038 / 23.040: 160 septets alone, 153 in a chain; 70 and 67 in UCS-2.
test.each([
  ['', { used: 0, max: 160, parts: 1 }],
  ['a'.repeat(160), { used: 160, max: 160, parts: 1 }],
  ['a'.repeat(161), { used: 161, max: 306, parts: 2 }],
  ['€'.repeat(80), { used: 160, max: 160, parts: 1 }],
  ['Ссылка для отслеживания', { used: 23, max: 70, parts: 1 }],
  ['я'.repeat(71), { used: 71, max: 134, parts: 2 }],
  ['á', { used: 1, max: 70, parts: 1 }],
])('"%s" is counted as the network counts it', (text, parts) => {
  expect(smsParts(text)).toEqual(parts);
});
