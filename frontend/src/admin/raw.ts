/** So many bytes of a receipt are shown; the rest is a download. */
export const SHOWN = 100_000;

export interface Raw {
  /** null: these bytes are no text. */
  text: string | null;
  cut: boolean;
}

/** The beginning as text. JSON is laid out; control characters, which could hide something, show as a mark. */
export function asText(bytes: Uint8Array, cut: boolean): string | null {
  const text = new TextDecoder('utf-8').decode(bytes);
  const strange = [...text].filter((character) => character === '\ufffd' || character === '\0').length;
  if (strange > text.length / 10) return null;
  if (!cut && /^\s*[{[]/.test(text)) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // not JSON after all: shown as it is
    }
  }
  return text.replace(/\r\n/g, '\n').replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Reads no more than is shown, however large the receipt is. */
export async function readRaw(url: string): Promise<Raw> {
  const abort = new AbortController();
  const response = await fetch(url, { credentials: 'same-origin', signal: abort.signal });
  if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}`);
  const reader = response.body.getReader();
  const bytes = new Uint8Array(SHOWN);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: asText(bytes.subarray(0, length), false), cut: false };
    const room = SHOWN - length;
    bytes.set(value.subarray(0, room), length);
    length += Math.min(room, value.length);
    if (value.length > room) {
      abort.abort();
      return { text: asText(bytes.subarray(0, length), true), cut: true };
    }
  }
}
