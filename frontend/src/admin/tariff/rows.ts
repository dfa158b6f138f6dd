import { computed } from 'vue';
import type { TariffWarning } from '../types';
import type { Component, TariffDocument } from './document';

/** What each of the editor's tables is given. */
export interface TermsProps {
  document: TariffDocument;
  editable: boolean;
  warnings: TariffWarning[];
  problems: Record<string, string>;
}

/** The components of one table with their places in the document, and how one is replaced (null: taken out). */
export function useRows(props: TermsProps, isMine: (component: Component) => boolean, change: (components: Component[]) => void) {
  const rows = computed(() => props.document.components.map((component, index) => ({ component, index })).filter((row) => isMine(row.component)));
  function replace(index: number, next: Component | null): void {
    const components = [...props.document.components];
    if (next) components[index] = next;
    else components.splice(index, 1);
    change(components);
  }
  function problem(index: number, field: string): string | null {
    return props.problems[`components[${index}].${field}`] ?? null;
  }
  function warningsOf(code: string): TariffWarning[] {
    return props.warnings.filter((warning) => warning.component === code);
  }
  return { rows, replace, problem, warningsOf };
}
