import { expect, test } from 'vitest';
import { fieldsOf, fromForm, toForm } from './endpointForm';
import type { EndpointProvider } from './types';

const providers: EndpointProvider[] = [
  { kind: 'sms', provider: 'twilio', fields_needed: [{ name: 'account_sid', secret: false, required: true, choices: [] }, { name: 'auth_token', secret: true, required: true, choices: [] }] },
  { kind: 'sms', provider: 'kannel', fields_needed: [{ name: 'use_national', secret: false, required: false, choices: ['true', 'false'] }] },
  { kind: 'sms', provider: 'http', fields_needed: [{ name: 'inbound', secret: false, required: true, choices: [] }] },
];
const twilio = fieldsOf('sms', 'twilio', providers);
const stored = { settings: { account_sid: 'AC1', per_minute: 60, region: 'ie1' }, secrets_set: ['auth_token'] };

test('what is stored is spread over the fields and comes back the same', () => {
  const form = toForm(twilio, stored);
  expect(form).toMatchObject({ settings: { account_sid: 'AC1' }, rate: '60', more: '{\n  "region": "ie1"\n}', secrets: { auth_token: { mode: 'keep', value: '' } } });
  expect(fromForm(twilio, form, stored.secrets_set)).toEqual({ settings: stored.settings, secrets: {}, wrong: {} });
});

test('a secret is replaced or removed on purpose only, and a required one must be there', () => {
  const form = toForm(twilio, stored);
  form.secrets.auth_token = { mode: 'set', value: 'new' };
  expect(fromForm(twilio, form, stored.secrets_set).secrets).toEqual({ auth_token: 'new' });
  form.secrets.auth_token = { mode: 'remove', value: '' };
  expect(fromForm(twilio, form, stored.secrets_set)).toMatchObject({ secrets: { auth_token: null }, wrong: { auth_token: 'required' } });
  expect(fromForm(twilio, toForm(twilio, { settings: {}, secrets_set: [] }), []).wrong).toEqual({ account_sid: 'required', auth_token: 'required' });
});

test('a switch is sent as one, a document as what it says', () => {
  const kannel = fieldsOf('sms', 'kannel', providers);
  const form = toForm(kannel, { settings: { use_national: true }, secrets_set: [] });
  expect(form.settings.use_national).toBe(true);
  expect(fromForm(kannel, form, []).settings).toEqual({ use_national: true });
  const http = fieldsOf('sms', 'http', providers);
  const document = toForm(http, { settings: { inbound: { text: 'body' } }, secrets_set: [] });
  expect(fromForm(http, document, []).settings).toEqual({ inbound: { text: 'body' } });
  document.settings.inbound = '{';
  expect(fromForm(http, document, []).wrong).toEqual({ inbound: 'json' });
});

test('a port is sent as a number', () => {
  const asterisk = fieldsOf('voice', '', [{ kind: 'voice', provider: '', fields_needed: [{ name: 'ami_port', secret: false, required: false, choices: [] }] }]);
  const form = toForm(asterisk, { settings: { ami_port: 5039 }, secrets_set: [] });
  expect(form.settings.ami_port).toBe('5039');
  expect(fromForm(asterisk, form, []).settings).toEqual({ ami_port: 5039 });
});

test.each(['0', '-1', '1.5', 'many'])('%s receipts a minute are no limit', (rate) => {
  expect(fromForm(twilio, { ...toForm(twilio, stored), rate }, stored.secrets_set).wrong).toEqual({ rate: 'rate' });
});
