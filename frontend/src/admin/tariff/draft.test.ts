import { flushPromises, mount } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import { ApiError } from '@/api/client';
import * as client from '@/api/client';
import type { TariffVersion } from '../types';
import { problemsOf, useDraft } from './draft';

const version: TariffVersion = {
  id: 9,
  number: 4,
  state: 'draft',
  effective_from: null,
  changed_at: '2026-06-01T00:00:00Z',
  tariff: { id: 1, name: 'Care' },
  document: { name: 'Care', currency: 'EUR', components: [] },
  put_in_force_at: null,
  changed_by: null,
  contracts: 0,
  in_force: null,
  in_force_document: null,
  warnings: [],
};

function open(of: TariffVersion = version) {
  let draft!: ReturnType<typeof useDraft>;
  const page = mount(
    defineComponent({
      setup() {
        draft = useDraft(() => of);
        return () => h('div');
      },
    }),
  );
  return { draft, page };
}

describe('useDraft', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('saves once, a moment after the last change', async () => {
    const put = vi.spyOn(client, 'put').mockResolvedValue({ ...version, changed_at: '2026-06-02T00:00:00Z', warnings: [{ kind: 'free', component: 'x', message: '', before: '' }] });
    const { draft } = open();
    draft.document.value.name = 'Care 2';
    await vi.advanceTimersByTimeAsync(300);
    draft.document.value.name = 'Care 24';
    await vi.advanceTimersByTimeAsync(700);
    await flushPromises();
    expect(put).toHaveBeenCalledTimes(1);
    expect(put.mock.calls[0]?.[1]).toMatchObject({ document: { name: 'Care 24' } });
    expect([draft.state.value, draft.savedAt.value, draft.warnings.value[0]?.kind]).toEqual(['saved', '2026-06-02T00:00:00Z', 'free']);
  });

  it('keeps what was typed when the server refuses it, and names the field', async () => {
    vi.spyOn(client, 'put').mockRejectedValue(new ApiError(400, 'invalid', 'x', 'document.currency', { problems: [{ field: 'currency', cause: 'must be three capital letters' }] }));
    const { draft } = open();
    draft.document.value.currency = 'euro';
    await vi.advanceTimersByTimeAsync(700);
    await flushPromises();
    expect([draft.document.value.currency, draft.state.value]).toEqual(['euro', 'refused']);
    expect(draft.problems.value).toEqual({ currency: 'must be three capital letters' });
  });

  it('saves what is pending when the page is left', async () => {
    const put = vi.spyOn(client, 'put').mockResolvedValue(version);
    put.mockClear();
    const { draft, page } = open();
    draft.document.value.name = 'Last words';
    await vi.advanceTimersByTimeAsync(10);
    page.unmount();
    expect(put).toHaveBeenCalledTimes(1);
  });

  it('never saves a version in force', async () => {
    const put = vi.spyOn(client, 'put').mockResolvedValue(version);
    put.mockClear();
    const { draft } = open({ ...version, state: 'in_force' });
    draft.document.value.name = 'Changed';
    await vi.advanceTimersByTimeAsync(2000);
    expect(put).not.toHaveBeenCalled();
  });
});

describe('problemsOf', () => {
  it('falls back to the one field that the error names', () => {
    expect(problemsOf(new ApiError(400, 'invalid', 'is wrong', 'document.name'))).toEqual({ name: 'is wrong' });
  });
});
