import { defineAsyncComponent, ref, type Component, type Ref } from 'vue';
import { ApiError } from '@/api/client';
import { t, useArea } from '@/i18n';
import { toast } from '@/ui/toast';

/** A part of the console that comes with its own texts when it is first asked for. */
export function onDemand(load: () => Promise<{ default: Component }>): Component {
  return defineAsyncComponent(async () => {
    const [part] = await Promise.all([load(), useArea('desk')]);
    return part.default;
  });
}

/** Says in the person's words why something was refused; anything but an answer of the server is thrown on. */
export function explainRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  toast(error.offline ? t('common.error.offline_text') : error.message, { tone: 'danger' });
}

/** One piece of work at a time: `busy` names the one under way ('' for none), and what is refused is said. */
export function useErrand(): { busy: Ref<string>; run: (name: string, work: () => Promise<unknown>) => Promise<void> } {
  const busy = ref('');
  async function run(name: string, work: () => Promise<unknown>): Promise<void> {
    if (busy.value) return;
    busy.value = name;
    try {
      await work();
    } catch (error) {
      explainRefusal(error);
    } finally {
      busy.value = '';
    }
  }
  return { busy, run };
}
