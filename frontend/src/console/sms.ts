/** GSM 03.38, basic and extension set (3GPP TS 23.038, 6.2.1). */
const BASIC = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const EXTENDED = new Set('^{}\\[~]|€\f');

/**
 * Into how many SMS a text falls: 160 or 153 characters a part in the GSM alphabet, 70 or 67 otherwise. An extended
 * character and a surrogate pair take two places and are never cut, as the server counts (channels_app/sms/segments.py).
 */
export function smsParts(text: string): { used: number; max: number; parts: number } {
  const characters = [...text];
  if (characters.every((character) => BASIC.has(character) || EXTENDED.has(character))) {
    return count(characters.map((character) => (EXTENDED.has(character) ? 2 : 1)), 160, 153);
  }
  return count(characters.map((character) => character.length), 70, 67);
}

function count(costs: number[], single: number, part: number): { used: number; max: number; parts: number } {
  const used = costs.reduce((sum, cost) => sum + cost, 0);
  if (used <= single) return { used, max: single, parts: 1 };
  let [parts, filled] = [1, 0];
  for (const cost of costs) {
    if (filled + cost > part) [parts, filled] = [parts + 1, 0];
    filled += cost;
  }
  return { used, max: parts * part, parts };
}
