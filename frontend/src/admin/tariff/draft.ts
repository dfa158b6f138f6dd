import { computed, onBeforeUnmount, ref, watch } from 'vue';
import { ApiError, put } from '@/api/client';
import type { TariffVersion, TariffWarning } from '../types';
import type { TariffDocument } from './document';

const PAUSE_MS = 700;

type SaveState = 'saved' | 'changed' | 'saving' | 'refused' | 'offline';

/**
 * A draft edited in place. What is typed stays on the page whatever the server says; it is saved a moment after
 * the last change, one save at a time, and what the server refuses is told by the path of the field.
 */
export function useDraft(version: () => TariffVersion) {
  const document = ref<TariffDocument>(copy(version().document));
  const warnings = ref<TariffWarning[]>(version().warnings);
  const problems = ref<Record<string, string>>({});
  const state = ref<SaveState>('saved');
  const savedAt = ref<string>(version().changed_at);
  const editable = computed(() => version().state === 'draft');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stored = JSON.stringify(document.value);
  let running: Promise<void> | null = null;

  watch(
    document,
    () => {
      if (!editable.value || JSON.stringify(document.value) === stored) return;
      state.value = 'changed';
      clearTimeout(timer);
      timer = setTimeout(() => void save(), PAUSE_MS);
    },
    { deep: true },
  );
  onBeforeUnmount(() => {
    clearTimeout(timer);
    if (state.value === 'changed') void save();
  });

  async function save(): Promise<void> {
    clearTimeout(timer);
    if (running) await running;
    const sent = JSON.stringify(document.value);
    if (sent === stored) {
      state.value = 'saved';
      return;
    }
    state.value = 'saving';
    running = send(sent);
    await running;
    running = null;
  }

  async function send(sent: string): Promise<void> {
    try {
      const answer = await put<TariffVersion>(`/api/v1/tariff-versions/${version().id}/`, { document: JSON.parse(sent) as TariffDocument });
      stored = sent;
      warnings.value = answer.warnings;
      problems.value = {};
      savedAt.value = answer.changed_at;
      state.value = JSON.stringify(document.value) === sent ? 'saved' : 'changed';
    } catch (error) {
      state.value = error instanceof ApiError && error.retryable ? 'offline' : 'refused';
      problems.value = problemsOf(error);
    }
  }
  return { document, warnings, problems, state, savedAt, editable, save };
}

/** The causes by path within the document: components[2].rate_per_minute. */
export function problemsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const told = Array.isArray(error.data.problems) ? (error.data.problems as { field: string; cause: string }[]) : [];
  const found: Record<string, string> = {};
  for (const problem of told) found[problem.field] ??= problem.cause;
  if (told.length === 0) found[(error.field ?? '').replace(/^document\./, '')] = error.message;
  return found;
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
