import { reactive, ref, type Ref } from 'vue';
import { ApiError, patch, post } from '@/api/client';
import { t } from '@/i18n';

/** Something sent to the server: whether it is under way, and field by field what was refused. */
export function useSubmit(): { busy: Ref<boolean>; errors: Ref<Record<string, string>>; submit: (work: () => Promise<unknown>) => Promise<void> } {
  const busy = ref(false);
  const errors = ref<Record<string, string>>({});
  async function submit(work: () => Promise<unknown>): Promise<void> {
    busy.value = true;
    errors.value = {};
    try {
      await work();
    } catch (error) {
      errors.value = refusal(error);
    } finally {
      busy.value = false;
    }
  }
  return { busy, errors, submit };
}

/**
 * A form in a dialog over a list: opened for a new row or a present one, saved by POST or PATCH.
 * What the server refuses stands at its field; what it names no field for, at the foot of the form.
 */
export function useEditor<V extends object>(path: string, blank: () => V, saved: () => unknown) {
  const open = ref(false);
  const { busy, errors, submit } = useSubmit();
  const id = ref<number | null>(null);
  const values = reactive({ ...blank() }) as V;

  function start(rowId: number | null, row: Partial<V> = {}): void {
    id.value = rowId;
    Object.assign(values, blank(), row);
    errors.value = {};
    open.value = true;
  }

  const save = (body: object): Promise<void> =>
    submit(async () => {
      if (id.value === null) await post(path, body);
      else await patch(`${path}${id.value}/`, body);
      open.value = false;
      await saved();
    });
  return { open, busy, id, values, errors, start, save };
}

/**
 * Field by field what was refused; '' holds what belongs to no field. A field of a field counts to the outer one, unless
 * `within` says otherwise: null keeps whole paths, a text is cut off their beginning.
 */
export function refusal(error: unknown, within?: string | null): Record<string, string> {
  if (!(error instanceof ApiError)) return { '': t('common.error.server') };
  if (error.offline) return { '': t('common.error.offline_text') };
  const told: Record<string, string> = {};
  const fields = error.data.fields;
  if (fields && typeof fields === 'object') {
    for (const [name, value] of Object.entries(fields)) {
      const first = Array.isArray(value) ? value.find((item) => typeof item === 'string') : undefined;
      if (typeof first === 'string') told[name] = first;
    }
  }
  const path = error.field ?? '';
  const field = within === undefined ? path.split(/[.[]/)[0]! : within !== null && path.startsWith(within) ? path.slice(within.length) : path;
  if (!told[field]) told[field] = error.message;
  return told;
}
