import { expect, test } from 'vitest';
import { parseRecipient, sameRecipients, strangers } from './recipients';

test.each([
  ['ann@example.org', { name: '', email: 'ann@example.org' }],
  [' Ann Lee <ann@example.org> ', { name: 'Ann Lee', email: 'ann@example.org' }],
  ['"Lee, Ann" <ann@example.org>', { name: 'Lee, Ann', email: 'ann@example.org' }],
  ['ann', null],
  ['ann@', null],
  ['ann@example.org bob@example.org', null],
])('%s is read as %j', (text, recipient) => {
  expect(parseRecipient(text)).toEqual(recipient);
});

test('who was never on the ticket is a stranger, once, whatever the case of the letters', () => {
  const list = ['Ann@Example.org', 'eve@example.net', 'EVE@example.net'].map((email) => ({ name: '', email }));
  expect(strangers(list, ['ann@example.org'])).toEqual(['eve@example.net']);
});

test('the order and the case of recipients make no difference', () => {
  const [ann, bob] = ['ann@example.org', 'bob@example.org'].map((email) => ({ name: '', email }));
  expect(sameRecipients([ann!, bob!], [bob!, { name: 'Ann', email: 'ANN@example.org' }])).toBe(true);
  expect(sameRecipients([ann!], [ann!, bob!])).toBe(false);
});
