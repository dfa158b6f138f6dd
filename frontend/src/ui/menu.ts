import type { Component } from 'vue';

export type MenuEntry =
  | { kind?: 'item'; label: string; icon?: Component; kbd?: string; hint?: string; danger?: boolean; disabled?: boolean; select: () => void }
  | { kind: 'separator' }
  | { kind: 'label'; label: string }
  | { kind: 'choice'; label: string; value: string; options: { value: string; label: string; icon?: Component }[]; select: (value: string) => void };
