import { expect, test } from 'vitest';
import { filledSignature } from './signature';

test('placeholders are filled in and lines that become empty left out, as the server does', () => {
  const text = 'Best regards\n{operator}\n\n{account}, {other}\n';
  expect(filledSignature(text, { operator: 'Anna', account: 'Shop' })).toBe('Best regards\nAnna\n\nShop, {other}');
  expect(filledSignature(text, { operator: '', account: 'Shop' })).toBe('Best regards\n\nShop, {other}');
});
