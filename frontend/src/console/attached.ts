import { defineStore } from 'pinia';
import { reactive } from 'vue';
import { ApiError, post, remove as erase } from '@/api/client';
import { t } from '@/i18n';
import { newUuid } from '@/live/uuid';

/** A file given to a reply that is not sent yet: on the server once it has an id. */
interface Attached {
  key: string;
  file: File;
  id: number | null;
  problem: string | null;
}

/** The files of replies being written, per ticket; they live on this page, their bytes on the server. */
export const useAttached = defineStore('attached', () => {
  const kept = reactive(new Map<number, Attached[]>());
  const of = (ticketId: number): Attached[] => kept.get(ticketId) ?? [];

  async function upload(ticketId: number, key: string): Promise<void> {
    const one = of(ticketId).find((item) => item.key === key);
    if (!one) return;
    one.problem = null;
    const body = new FormData();
    body.append('file', one.file);
    try {
      one.id = (await post<{ id: number }>(`/api/v1/tickets/${ticketId}/uploads/`, body)).id;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      one.problem = error.offline ? t('common.error.offline') : error.message;
    }
  }

  function add(ticketId: number, files: Iterable<File>): void {
    for (const file of files) {
      const one: Attached = { key: newUuid(), file, id: null, problem: null };
      kept.set(ticketId, [...of(ticketId), one]);
      void upload(ticketId, one.key);
    }
  }

  function remove(ticketId: number, key: string): void {
    const one = of(ticketId).find((item) => item.key === key);
    kept.set(ticketId, of(ticketId).filter((item) => item.key !== key));
    // what nobody sends is cleared away by the server in any case
    if (one?.id) void erase(`/api/v1/uploads/${one.id}/`).catch(() => undefined);
  }

  /** Hands the files over to what is being sent. */
  function take(ticketId: number): { id: number; name: string }[] {
    const ready = of(ticketId).filter((item) => item.id !== null);
    kept.set(ticketId, of(ticketId).filter((item) => item.id === null));
    return ready.map((item) => ({ id: item.id!, name: item.file.name }));
  }

  return { of, add, upload, remove, take };
});
