import { expect, test } from 'vitest';
import { channelTakesFiles } from './files';

const endpoint = (kind: string, provider: string) => ({ kind, name: 'x', provider });

test('mail, chat and social networks take files, SMS only where the provider sends MMS', () => {
  expect((['email', 'chat', 'social', 'voice'] as const).map((channel) => channelTakesFiles(channel, []))).toEqual([true, true, true, false]);
  expect(channelTakesFiles('sms', [endpoint('sms', 'twilio')])).toBe(true);
  expect(channelTakesFiles('sms', [endpoint('sms', 'vonage'), endpoint('email', '')])).toBe(false);
  expect(channelTakesFiles('sms', [])).toBe(false);
});
