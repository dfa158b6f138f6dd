import type { AdminEndpoint, EndpointKind, EndpointProvider } from './types';

/** One setting or secret of an endpoint as the form shows it. */
export interface Field {
  name: string;
  secret: boolean;
  required: boolean;
  shape: 'text' | 'number' | 'choice' | 'flag' | 'json';
  choices: string[];
}
type Value = string | boolean;
/** A secret is kept, unless a new value replaces it or it is removed; what it is never reaches the page. */
export interface SecretChange {
  mode: 'keep' | 'set' | 'remove';
  value: string;
}
export interface FormValues {
  settings: Record<string, Value>;
  secrets: Record<string, SecretChange>;
  rate: string;
  more: string;
}

/** Settings that are documents, and those that are switches, whatever the provider. */
const DOCUMENTS = new Set(['inbound', 'send', 'reports', 'answer']);
const FLAGS = new Set(['human_agent']);
const NUMBERS = new Set(['ami_port', 'esl_port']);
const RATE = 'per_minute';

const optional = (name: string, secret = false): Field => ({ name, secret, required: false, shape: 'text', choices: [] });
const OWN: Record<EndpointKind, Field[]> = {
  email: [
    optional('imap_url', true),
    optional('smtp_url', true),
    optional('from_name'),
    { ...optional('oauth_provider'), shape: 'choice', choices: ['google', 'microsoft', 'other'] },
    optional('oauth_client_id'),
    optional('oauth_tenant'),
    optional('oauth_url'),
    optional('oauth_client_secret', true),
    optional('oauth_refresh_token', true),
  ],
  webchat: [optional('identity_secret', true)],
  voice: [],
  sms: [optional('stop_text'), optional('start_text'), optional('help_text')],
  social: [],
};

export function fieldsOf(kind: EndpointKind, provider: string, providers: readonly EndpointProvider[]): Field[] {
  const needed = providers.find((item) => item.kind === kind && item.provider === provider)?.fields_needed ?? [];
  const fields = needed.map((item): Field => {
    const flag = FLAGS.has(item.name) || (item.choices.length === 2 && item.choices.includes('true') && item.choices.includes('false'));
    return { ...item, shape: flag ? 'flag' : item.choices.length > 0 ? 'choice' : DOCUMENTS.has(item.name) ? 'json' : NUMBERS.has(item.name) ? 'number' : 'text' };
  });
  return [...fields, ...OWN[kind]];
}

/** What is stored, spread over the fields; settings without a field stay together as a document. */
export function toForm(fields: readonly Field[], endpoint: Pick<AdminEndpoint, 'settings' | 'secrets_set'>): FormValues {
  const rest: Record<string, unknown> = { ...endpoint.settings };
  const settings: Record<string, Value> = {};
  for (const field of fields.filter((item) => !item.secret)) {
    const value = rest[field.name];
    delete rest[field.name];
    settings[field.name] = field.shape === 'flag' ? value === true || value === 'true' : value === undefined || value === null ? '' : field.shape === 'json' ? JSON.stringify(value, null, 2) : String(value as string);
  }
  const rate = rest[RATE];
  delete rest[RATE];
  const names = new Set([...fields.filter((item) => item.secret).map((item) => item.name), ...endpoint.secrets_set]);
  return {
    settings,
    secrets: Object.fromEntries([...names].map((name): [string, SecretChange] => [name, { mode: 'keep', value: '' }])),
    rate: rate === undefined || rate === null ? '' : String(rate as number),
    more: Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : '',
  };
}

export type Wrong = 'required' | 'json' | 'rate';

/** The `settings` and `secrets` to send, and what is wrong by field ('rate' and 'more' by these names). */
export function fromForm(fields: readonly Field[], values: FormValues, secretsSet: readonly string[]): { settings: Record<string, unknown>; secrets: Record<string, string | null>; wrong: Record<string, Wrong> } {
  const wrong: Record<string, Wrong> = {};
  const settings: Record<string, unknown> = readObject(values.more, () => (wrong.more = 'json'));
  for (const field of fields) {
    if (field.secret) {
      const change = values.secrets[field.name];
      const will = change?.mode === 'set' ? change.value !== '' : change?.mode === 'keep' && secretsSet.includes(field.name);
      if (field.required && !will) wrong[field.name] = 'required';
      continue;
    }
    const value = values.settings[field.name] ?? '';
    if (typeof value === 'boolean') {
      if (value) settings[field.name] = true;
    } else if (value.trim() === '') {
      if (field.required) wrong[field.name] = 'required';
    } else if (field.shape === 'json') settings[field.name] = readDocument(value, () => (wrong[field.name] = 'json'));
    // what is no number is sent as it is: the server says what is wrong with it
    else settings[field.name] = field.shape === 'number' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value.trim();
  }
  const rate = values.rate.trim();
  if (rate !== '') {
    if (/^[1-9]\d{0,5}$/.test(rate)) settings[RATE] = Number(rate);
    else wrong.rate = 'rate';
  }
  const secrets: Record<string, string | null> = {};
  for (const [name, change] of Object.entries(values.secrets)) {
    if (change.mode === 'remove') secrets[name] = null;
    else if (change.mode === 'set' && change.value !== '') secrets[name] = change.value;
  }
  return { settings, secrets, wrong };
}

function readDocument(text: string, refuse: () => void): unknown {
  try {
    return JSON.parse(text);
  } catch {
    refuse();
    return undefined;
  }
}

function readObject(text: string, refuse: () => void): Record<string, unknown> {
  if (text.trim() === '') return {};
  const value = readDocument(text, refuse);
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) refuse();
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...(value as Record<string, unknown>) } : {};
}
