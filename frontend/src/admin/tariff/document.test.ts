import { describe, expect, it } from 'vitest';
import { type Component, decimalText, freeCode, nameOf, newRate, renamed, type TariffDocument, withKind } from './document';

const voice: Component = { code: 'voice', kind: 'per_minute', name: 'Phone', match: { channel: ['voice'] }, rate_per_minute: '0.74', included_minutes: '6000' };
const email: Component = { code: 'email', kind: 'per_contact', name: { en: 'Emails', ru: 'Письма' }, match: { channel: ['email'] }, rate_per_contact: '1.75', included_contacts: 1500 };
const tariff = (...components: Component[]): TariffDocument => ({ name: 'Care', currency: 'EUR', components });

describe('decimalText', () => {
  it('reads grouped thousands in English and never takes them for decimals', () => {
    expect(decimalText('6,000', 'en')).toBe('6000');
    expect(decimalText('4,900.50', 'en')).toBe('4900.50');
    expect(decimalText('12,5', 'en')).toBeNull();
  });
  it('reads a decimal comma and spaces in Russian and Spanish', () => {
    expect(decimalText('12,50', 'ru')).toBe('12.50');
    expect(decimalText('4 900,00', 'es')).toBe('4900.00');
    expect(decimalText('0.886', 'es')).toBe('0.886');
  });
  it('drops leading zeros and refuses what is no amount', () => {
    expect(decimalText('007', 'en')).toBe('7');
    for (const text of ['', '-1', '1e5', '1.2.3', 'NaN', '1,00,0']) expect(decimalText(text, 'en')).toBeNull();
  });
});

describe('names and codes', () => {
  it('prefers the language, then the general name, then English', () => {
    expect(nameOf({ en: 'Emails', ru: 'Письма' }, 'ru')).toBe('Письма');
    expect(nameOf({ '': 'Any', en: 'Emails' }, 'es')).toBe('Any');
    expect(nameOf({ ru: 'Письма', en: 'Emails' }, 'es')).toBe('Emails');
  });
  it('renames only the text that was shown', () => {
    expect(renamed({ en: 'Emails', ru: 'Письма' }, 'ru', 'Почта')).toEqual({ en: 'Emails', ru: 'Почта' });
    expect(renamed('Phone', 'ru', 'Звонки')).toBe('Звонки');
  });
  it('finds a free code', () => {
    expect(freeCode([voice, email], 'voice')).toBe('voice_2');
    expect(newRate(tariff(voice), 'voice', 'Phone').code).toBe('voice_2');
  });
});

describe('withKind', () => {
  it('keeps what both kinds have and drops the rest', () => {
    expect(withKind(voice, 'per_contact')).toEqual({ code: 'voice', kind: 'per_contact', name: 'Phone', match: { channel: ['voice'] }, rate_per_contact: '0.74', included_contacts: 6000 });
  });
});
