import type { Unsent } from './timeline';

/** What was written but not confirmed, per ticket, kept on this device. The prefix is the drafts', so logging out clears it. */
export class Outbox {
  constructor(
    private readonly userId: number,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {}

  private key(ticketId: number): string {
    return `draft:${this.userId}:${ticketId}:outbox`;
  }

  list(ticketId: number): Unsent[] {
    try {
      const value: unknown = JSON.parse(this.storage.getItem(this.key(ticketId)) ?? '[]');
      return Array.isArray(value) ? (value as Unsent[]).filter((item) => typeof item.uuid === 'string' && typeof item.text === 'string') : [];
    } catch {
      return [];
    }
  }

  add(ticketId: number, unsent: Unsent): void {
    this.write(ticketId, [...this.list(ticketId).filter((item) => item.uuid !== unsent.uuid), unsent]);
  }

  remove(ticketId: number, uuid: string): void {
    this.write(ticketId, this.list(ticketId).filter((item) => item.uuid !== uuid));
  }

  private write(ticketId: number, items: Unsent[]): void {
    try {
      if (items.length === 0) this.storage.removeItem(this.key(ticketId));
      else this.storage.setItem(this.key(ticketId), JSON.stringify(items));
    } catch {
      // Without storage the row on screen is the only copy.
    }
  }
}
