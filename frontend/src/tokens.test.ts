import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const css = readFileSync('src/tokens.css', 'utf8');
const tokens = new Map([...css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((match) => [match[1]!, [match[2]!, match[3]!] as const]));

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const part = parseInt(hex.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}
function color(name: string, theme: 0 | 1): string {
  const pair = tokens.get(name);
  if (!pair) throw new Error(`no colour ${name}`);
  return pair[theme];
}

const TONES = ['accent', 'ready', 'talk', 'ring', 'wrap', 'hold', 'danger', 'off'];
/** Foreground, background, least ratio: 4.5 for text (1.4.3), 3 for the edges of controls and for chart marks (1.4.11). */
const PAIRS: [string, string, number][] = [
  ...['canvas', 'surface', 'sunken', 'note', 'accent-soft', 'ring-soft', 'talk-soft'].flatMap((ground): [string, string, number][] => [
    ['text', ground, 7],
    ['text2', ground, 4.5],
  ]),
  ...TONES.flatMap((tone): [string, string, number][] => [
    [tone, 'canvas', 4.5],
    [tone, 'surface', 4.5],
    [tone, `${tone}-soft`, 4.5],
  ]),
  ['on-accent', 'accent', 4.5],
  ['surface', 'ready', 4.5],
  ['danger', 'accent-soft', 4.5],
  ['danger', 'note', 4.5],
  ['wrap', 'accent-soft', 4.5],
  ['control', 'surface', 3],
  ['control', 'canvas', 3],
  ...['voice', 'chat', 'email', 'social', 'sms'].map((channel): [string, string, number] => [`chart-${channel}`, 'surface', 3]),
];

test.each(PAIRS)('%s reads on %s at %d or better, light and dark', (front, ground, least) => {
  expect(contrast(color(front, 0), color(ground, 0))).toBeGreaterThanOrEqual(least);
  expect(contrast(color(front, 1), color(ground, 1))).toBeGreaterThanOrEqual(least);
});

test('black on white is 21, as WCAG says', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
});
