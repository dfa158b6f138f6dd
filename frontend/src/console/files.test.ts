import { expect, test } from 'vitest';
import { fileAbility, parcels } from './files';

const endpoint = (kind: string, provider: string) => ({ kind, name: 'x', provider });
const ability = (kind: 'email' | 'webchat' | 'sms' | 'social', provider: string, max_files: number, text_with_files: boolean) => ({ kind, provider, max_files, text_with_files });
const ABILITIES = [ability('email', '', 20, true), ability('webchat', '', 20, true), ability('sms', 'twilio', 10, true), ability('sms', 'vonage', 0, false), ability('social', 'messenger', 1, false)];

test('what a channel carries is what the server says of its provider', () => {
  expect(fileAbility('sms', [endpoint('sms', 'twilio')], ABILITIES)?.max_files).toBe(10);
  expect(fileAbility('sms', [endpoint('sms', 'vonage'), endpoint('email', '')], ABILITIES)).toBeNull();
  expect(fileAbility('sms', [], ABILITIES)).toBeNull();
  expect(fileAbility('voice', [], ABILITIES)).toBeNull();
  expect(fileAbility('email', [], ABILITIES)?.max_files).toBe(20);
  expect(fileAbility('social', [endpoint('social', 'messenger')], ABILITIES)).toMatchObject({ max_files: 1, text_with_files: false });
  // a reply leaves by the newest place
  expect(fileAbility('sms', [endpoint('sms', 'twilio'), endpoint('sms', 'vonage')], ABILITIES)).toBeNull();
  // until the server has said, nothing is offered
  expect(fileAbility('email', [], [])).toBeNull();
});

test('a reply with several files is one message where the channel allows it', () => {
  expect(parcels('Hello', ['a', 'b', 'c'], { max_files: 20, text_with_files: true })).toEqual([{ text: 'Hello', files: ['a', 'b', 'c'] }]);
  expect(parcels('', ['a', 'b'], { max_files: 20, text_with_files: true })).toEqual([{ text: '', files: ['a', 'b'] }]);
  expect(parcels('Hello', [], { max_files: 20, text_with_files: true })).toEqual([{ text: 'Hello', files: [] }]);
});

test('else it is as few as possible, the text first', () => {
  expect(parcels('Hello', ['a', 'b'], { max_files: 1, text_with_files: true })).toEqual([
    { text: 'Hello', files: ['a'] },
    { text: '', files: ['b'] },
  ]);
  expect(parcels('Hello', ['a', 'b'], { max_files: 1, text_with_files: false })).toEqual([
    { text: 'Hello', files: [] },
    { text: '', files: ['a'] },
    { text: '', files: ['b'] },
  ]);
  expect(parcels('', ['a', 'b', 'c'], { max_files: 2, text_with_files: false }).map((one) => one.files.length)).toEqual([2, 1]);
});
