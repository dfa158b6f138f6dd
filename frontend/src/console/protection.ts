import { type MessageKey, t } from '@/i18n';

/** The server's phrases on what could not be read of a mail, and how it is signed (docs/mail.md), with our words. */
const PHRASES: [RegExp, MessageKey][] = [
  [/^the text is encrypted \((.+)\)$/, 'console.mail_note.encrypted'],
  [/^the text is compressed \((.+)\)$/, 'console.mail_note.compressed'],
  [/^signed \((.+)\), signature not verified$/, 'console.mail_note.signed'],
  [/^the mail has attachments but no text()$/, 'console.mail_note.files_only'],
  [/^the mail has (?:no body|no readable text part)()$/, 'console.mail_note.no_text'],
  [/^a piece of a mail that was sent in several; the pieces are not put together()$/, 'console.mail_note.piece'],
  [/^more than (\d+) attachments; the rest is kept in the raw mail only$/, 'console.mail_note.many_files'],
  [/^more than (\d+) parts; the rest is kept in the raw mail only$/, 'console.mail_note.many_parts'],
  [/^parts nested deeper than (\d+) are kept unread$/, 'console.mail_note.deep'],
  [/^multipart without its boundary()$/, 'console.mail_note.no_boundary'],
];

/** One phrase of the server in the reader's language; an unknown one as it stands. */
export function mailNote(phrase: string): string {
  for (const [form, key] of PHRASES) {
    const found = form.exec(phrase);
    if (found) return t(key, { what: found[1] ?? '' });
  }
  return phrase;
}

/** Why what is shown may be incomplete: phrases joined by "; ", some of which hold one themselves. */
export function incompleteNotes(text: string): string[] {
  return text
    .split(/; (?!the (?:rest|pieces) )/)
    .filter(Boolean)
    .map(mailNote);
}
