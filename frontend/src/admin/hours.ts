/** Business hours as people type them: "09:00-13:00, 14:00-18:00" for a day, a line for each day of its own. */
type Span = string[];
export interface Day {
  on: string;
  name: string;
  spans: Span[];
}

const TIME = /^([01]?\d|2[0-4]):([0-5]\d)$/;
const pad = (time: string): string | null => {
  const found = TIME.exec(time.trim());
  return found && !(found[1] === '24' && found[2] !== '00') ? `${found[1]!.padStart(2, '0')}:${found[2]}` : null;
};

/** The spans of a line, or null where it is none; an empty line is closed. */
export function parseSpans(text: string): Span[] | null {
  const parts = text.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
  const spans = parts.map((part) => part.split(/\s*[-–—]\s*/).map(pad));
  return spans.every((span) => span.length === 2 && span.every((time) => time !== null)) ? (spans as Span[]) : null;
}

export const formatSpans = (spans: Span[]): string => spans.map((span) => span.join('–')).join(', ');

/** Lines of "2026-12-24 09:00-12:00 Christmas Eve"; without times the day is closed. Null where a line is none. */
export function parseDays(text: string): Day[] | null {
  const days: Day[] = [];
  for (const line of text.split('\n').map((part) => part.trim()).filter(Boolean)) {
    const found = /^(\d{4}-\d{2}-\d{2})\s*((?:\d{1,2}:\d{2}\s*[-–—]\s*\d{1,2}:\d{2}\s*[,;]?\s*)*)(.*)$/.exec(line);
    const spans = found && parseSpans(found[2]!);
    if (!found || !spans || Number.isNaN(Date.parse(found[1]!))) return null;
    days.push({ on: found[1]!, name: found[3]!.trim(), spans });
  }
  return days;
}

export const formatDays = (days: Day[]): string => days.map((day) => [day.on, formatSpans(day.spans), day.name].filter(Boolean).join(' ')).join('\n');
