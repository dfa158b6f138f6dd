/** API keys and webhooks by short names. */
import type { components } from '@/api/schema';

type Schemas = components['schemas'];

export type ApiKey = Schemas['ApiKey'];
export type CreatedApiKey = Schemas['CreatedApiKey'];
export type ApiScope = Schemas['ApiScope'];
export type Webhook = Schemas['Webhook'];
export type WebhookEvent = Schemas['WebhookEvent'];
export type WebhookSecret = Schemas['WebhookSecret'];
export type Delivery = Schemas['WebhookDelivery'];
export type DeliveryDetail = Schemas['WebhookDeliveryDetail'];

export const SCOPES: ApiScope[] = ['tickets:read', 'tickets:write', 'messages:read', 'messages:write', 'contacts:read', 'contacts:write', 'calls:read', 'usage:read'];
export const EVENTS: WebhookEvent[] = ['ticket.created', 'ticket.changed', 'message.received', 'message.sent', 'message.failed', 'call.ended', 'contact.merged', 'contact.unmerged', 'invoice.issued', 'usage.alert'];

/** A vocabulary word as part of a text's key: tickets:read is tickets_read. */
export function word<W extends string>(value: W): Underscored<W> {
  return value.replace(/[:.]/g, '_') as Underscored<W>;
}
type Underscored<W extends string> = W extends `${infer Head}:${infer Tail}` ? `${Head}_${Tail}` : W extends `${infer Head}.${infer Tail}` ? `${Head}_${Tail}` : W;
