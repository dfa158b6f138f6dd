import { expect, test } from 'vitest';
import { incompleteNotes, mailNote } from './protection';

test('what cannot be read of a mail and how it is signed is told in the reader’s language', () => {
  expect(incompleteNotes('the text is encrypted (S/MIME)')).toEqual(['Encrypted (S/MIME): the text cannot be read here, see the file']);
  expect(mailNote('signed (PGP), signature not verified')).toBe('Signed (PGP), signature not verified');
});

test('several notes are told one by one, those that hold a semicolon too', () => {
  const said = 'more than 100 attachments; the rest is kept in the raw mail only; a piece of a mail that was sent in several; the pieces are not put together; something new';
  expect(incompleteNotes(said)).toEqual(['More than 100 files; the others are in the raw mail only', 'A piece of a mail that was sent in several', 'something new']);
  expect(incompleteNotes('')).toEqual([]);
});
