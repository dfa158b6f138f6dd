/** GSM 03.38, basic and extension set (3GPP TS 23.038, 6.2.1). */
const BASIC = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const EXTENDED = new Set('^{}\\[~]|€\f');

/** Into how many SMS a text falls: 160 or 153 characters a part in the GSM alphabet, 70 or 67 otherwise. */
export function smsParts(text: string): { used: number; max: number; parts: number } {
  let gsm = 0;
  for (const character of text) {
    if (BASIC.has(character)) gsm += 1;
    else if (EXTENDED.has(character)) gsm += 2;
    else return count(text.length, 70, 67);
  }
  return count(gsm, 160, 153);
}

function count(used: number, single: number, part: number): { used: number; max: number; parts: number } {
  if (used <= single) return { used, max: single, parts: 1 };
  const parts = Math.ceil(used / part);
  return { used, max: parts * part, parts };
}
