import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import * as client from '@/api/client';
import { refusal, useEditor } from './editor';

describe('refusal', () => {
  it('puts every refused field beside its message', () => {
    const error = new ApiError(400, 'invalid', 'must be an address', 'email', { fields: { email: ['must be an address'], name: ['may not be blank'] } });
    expect(refusal(error)).toEqual({ email: 'must be an address', name: 'may not be blank' });
  });
  it('brings an inner field to its list', () => {
    expect(refusal(new ApiError(400, 'invalid', 'too high', 'languages.0.level'))).toEqual({ languages: 'too high' });
  });
  it('keeps what names no field, and says when there is no network', () => {
    expect(refusal(new ApiError(409, 'conflict', 'taken'))).toEqual({ '': 'taken' });
    expect(refusal(new ApiError(0, 'offline', 'x'))['']).toContain('network');
  });
});

describe('useEditor', () => {
  it('adds with POST, changes with PATCH, and stays open with the refusal', async () => {
    const post = vi.spyOn(client, 'post').mockResolvedValue({});
    const patch = vi.spyOn(client, 'patch').mockRejectedValue(new ApiError(409, 'conflict', 'taken', 'slug'));
    const saved = vi.fn();
    const editor = useEditor('/x/', () => ({ name: '' }), saved);

    editor.start(null);
    await editor.save({ name: 'a' });
    expect(post).toHaveBeenCalledWith('/x/', { name: 'a' });
    expect([editor.open.value, saved.mock.calls.length]).toEqual([false, 1]);

    editor.start(7, { name: 'b' });
    await editor.save({ name: 'c' });
    expect(patch).toHaveBeenCalledWith('/x/7/', { name: 'c' });
    expect(editor.errors.value).toEqual({ slug: 'taken' });
    expect([editor.open.value, saved.mock.calls.length]).toEqual([true, 1]);
  });
});
