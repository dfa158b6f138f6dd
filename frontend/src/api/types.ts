/** The shapes of /api/v1/ by short names; schema.d.ts is generated from the backend's OpenAPI (`make schema`). */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Channel = Schemas['Channel'];
export type TicketStatus = Schemas['TicketStatus'];
export type PresenceState = Schemas['Presence'];

export interface Page<T> {
  results: T[];
  next: string | null;
  cursor?: Cursor | null;
}

export type AccountRef = Schemas['Account'];
export type Me = Schemas['Me'];
/** A position in the live log, "<transaction>-<id>"; live/cursor.ts compares two of them. */
export type Cursor = string;
export type TicketCard = Schemas['TicketCard'];
export type TicketDetail = Schemas['TicketDetail'];
export type Wrap = Schemas['Wrap'];
export type Entry = Schemas['Entry'];
export type Recipient = Schemas['RecipientRequest'];
export type ProposedRecipients = Schemas['ProposedRecipients'];
export type SocialState = Schemas['SocialState'];
export type MessageTemplate = Schemas['Template'];
export type Offer = Schemas['Offer'];
export type RoutingTrace = Schemas['RoutingTrace'];
export type RoutingReasons = Schemas['TracedOffer'];
export type ConsoleSnapshot = Schemas['Console'];
export type Transfer = Schemas['Transfer'];
export type TransferTargets = Schemas['TransferTargets'];
export type Viewer = Schemas['Viewer'];
export type Floor = Schemas['Floor'];
export type Callback = Schemas['Callback'];
export type FileAbility = Schemas['FileAbility'];
export type TicketTranslations = Schemas['TicketTranslations'];
export type ReplyTranslation = Schemas['ReplyTranslation'];
export type InterpreterUse = Schemas['InterpreterUse'];
export type LiveEvent = Schemas['LiveEvent'];
export type LiveEvents = Schemas['LiveEvents'];
export type Playbook = Schemas['Playbook'];
export type ContactDetail = Schemas['ContactDetail'];
export type ContactSuggestion = Schemas['Suggestion'];
export type ContactMerge = Schemas['Merge'];
