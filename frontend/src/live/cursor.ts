import type { Cursor } from '@/api/types';

function parse(cursor: Cursor): [bigint, bigint] {
  const match = /^(\d+)-(\d+)$/.exec(cursor);
  return match?.[1] !== undefined && match[2] !== undefined ? [BigInt(match[1]), BigInt(match[2])] : [0n, 0n];
}

/** Negative when `left` is earlier. The parts may exceed what a double holds, hence bigint. */
export function compareCursors(left: Cursor, right: Cursor): number {
  const [leftTransaction, leftId] = parse(left);
  const [rightTransaction, rightId] = parse(right);
  if (leftTransaction !== rightTransaction) return leftTransaction < rightTransaction ? -1 : 1;
  return leftId === rightId ? 0 : leftId < rightId ? -1 : 1;
}
