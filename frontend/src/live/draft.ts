/** What is kept on the device of one draft; `mirrored` is the text the server last confirmed. */
interface Stored {
  text: string;
  mirrored: string | null;
}

export interface DraftPorts {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  save(ticketId: number, channel: string, text: string): Promise<void>;
  setTimer(work: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
}

export type DraftState = 'clean' | 'local' | 'saving' | 'saved';

export const MIRROR_AFTER_MS = 1200;
export const MIRROR_RETRY_MS = 10_000;

/** One text being written, per ticket and channel: on the device with every key, on the server a moment later. */
export class Draft {
  private timer: unknown = null;
  private stored: Stored;
  private busy = false;

  constructor(
    private readonly owner: { userId: number; ticketId: number; channel: string },
    private readonly ports: DraftPorts,
    private readonly onState: (state: DraftState) => void,
    server: string | null = null,
  ) {
    this.stored = this.readLocal() ?? { text: server ?? '', mirrored: server };
    if (this.pending) this.schedule(MIRROR_AFTER_MS);
    this.tell();
  }

  get text(): string {
    return this.stored.text;
  }

  private get key(): string {
    return `draft:${this.owner.userId}:${this.owner.ticketId}:${this.owner.channel}`;
  }

  private get pending(): boolean {
    return this.stored.text !== (this.stored.mirrored ?? '');
  }

  write(text: string): void {
    if (text === this.stored.text) return;
    this.stored = { ...this.stored, text };
    this.writeLocal();
    this.schedule(MIRROR_AFTER_MS);
    this.tell();
  }

  /** Afterwards the draft is empty here and, as soon as it can be reached, on the server. */
  clear(): void {
    this.write('');
    void this.flush();
  }

  /** Leaves the draft where it is and mirrors what is not mirrored yet. */
  async close(): Promise<void> {
    await this.flush();
    this.cancel();
  }

  async flush(): Promise<void> {
    this.cancel();
    if (!this.pending || this.busy) return;
    const text = this.stored.text;
    this.busy = true;
    this.tell();
    try {
      await this.ports.save(this.owner.ticketId, this.owner.channel, text);
      this.stored = { ...this.stored, mirrored: text };
      this.writeLocal();
      if (this.pending) this.schedule(MIRROR_AFTER_MS);
    } catch (error) {
      // Kept on the device; tried again until the server has it, unless it refused for good.
      if ((error as { retryable?: boolean }).retryable !== false) this.schedule(MIRROR_RETRY_MS);
    } finally {
      this.busy = false;
      this.tell();
    }
  }

  private tell(): void {
    if (this.busy) this.onState('saving');
    else if (this.pending) this.onState('local');
    else this.onState(this.stored.text === '' ? 'clean' : 'saved');
  }

  private readLocal(): Stored | null {
    try {
      const value: unknown = JSON.parse(this.ports.storage.getItem(this.key) ?? 'null');
      if (typeof value !== 'object' || value === null || typeof (value as Stored).text !== 'string') return null;
      return { text: (value as Stored).text, mirrored: (value as Stored).mirrored ?? null };
    } catch {
      return null;
    }
  }

  private writeLocal(): void {
    try {
      if (this.stored.text === '' && !this.pending) this.ports.storage.removeItem(this.key);
      else this.ports.storage.setItem(this.key, JSON.stringify(this.stored));
    } catch {
      // A full or forbidden storage: the server's copy is then the only one.
    }
  }

  private schedule(ms: number): void {
    this.cancel();
    this.timer = this.ports.setTimer(() => void this.flush(), ms);
  }

  private cancel(): void {
    if (this.timer !== null) this.ports.clearTimer(this.timer);
    this.timer = null;
  }
}
