import type { Recipient } from '@/api/types';

/** Whom a mail goes to beyond the server's own answer to the ticket's last mail. */
export interface MailTo {
  to: Recipient[];
  cc: Recipient[];
  confirm_new_recipients: boolean;
}

const ADDRESS = /^[^@\s<>,;:"()[\]\\]{1,64}@[^@\s<>,;:"()[\]\\]{1,255}$/;
const NAMED = /^(.*?)<([^<>]+)>$/;

/** "Ann <ann@example.org>", "ann@example.org": one recipient, or null for what is no address. */
export function parseRecipient(text: string): Recipient | null {
  const named = NAMED.exec(text.trim());
  const email = (named?.[2] ?? text).trim();
  if (!ADDRESS.test(email)) return null;
  return { name: named?.[1]?.trim().replace(/^"(.*)"$/, '$1') ?? '', email };
}

/** The addresses among these that the ticket has never seen: they may be a slip of the keyboard, or somebody uninvolved. */
export function strangers(list: readonly Recipient[], known: readonly string[]): string[] {
  const seen = new Set(known);
  return [...new Set(list.map((item) => item.email.toLowerCase()).filter((email) => !seen.has(email)))];
}

export function sameRecipients(one: readonly Recipient[], other: readonly Recipient[]): boolean {
  const emails = (list: readonly Recipient[]): string => list.map((item) => item.email.toLowerCase()).sort().join(' ');
  return emails(one) === emails(other);
}
