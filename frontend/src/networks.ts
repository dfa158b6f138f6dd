/** Providers by the names their owners gave them: the same in every language. */
const NAMES: Record<string, string> = {
  telegram: 'Telegram',
  whatsapp: 'WhatsApp',
  messenger: 'Messenger',
  instagram: 'Instagram',
  viber: 'Viber',
  vk: 'VK',
  twilio: 'Twilio',
  vonage: 'Vonage',
  kannel: 'Kannel',
  jasmin: 'Jasmin',
  http: 'HTTP',
  freeswitch: 'FreeSWITCH',
  mailgun: 'Mailgun',
  postmark: 'Postmark',
  sendgrid: 'SendGrid',
};

export function providerName(provider: string): string {
  return NAMES[provider] ?? provider;
}
