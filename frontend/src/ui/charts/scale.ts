/** Axis arithmetic of the charts: plain numbers in, plain numbers out. */

/**
 * Ticks from zero to a round number at or above `max`, about `wanted` of them.
 * Steps are 1, 2, 2.5 or 5 times a power of ten; counts never get a fractional step.
 */
export function ticks(max: number, wanted = 5): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const fitting = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough && (s < 1 || Number.isInteger(s)));
  const step = Math.max(1, fitting ?? 1);
  const count = Math.ceil(max / step);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** Points of a polyline through `values` in a box of `width` x `height`; null leaves a gap. */
export function polylines(values: (number | null)[], width: number, height: number, pad = 2): string[] {
  const known = values.filter((v): v is number => v !== null);
  if (known.length < 2) return [];
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const dx = values.length > 1 ? width / (values.length - 1) : 0;
  const lines: string[][] = [[]];
  values.forEach((v, i) => {
    if (v === null) {
      lines.push([]);
      return;
    }
    const y = height - pad - ((v - low) / span) * (height - 2 * pad);
    lines[lines.length - 1]!.push(`${(i * dx).toFixed(1)},${y.toFixed(1)}`);
  });
  return lines.filter((l) => l.length > 1).map((l) => l.join(' '));
}
