/** "Ctrl+K" as the attribute aria-keyshortcuts wants it. */
export function ariaKeys(label: string | undefined): string | undefined {
  return label?.replace('Ctrl', 'Control').replace('↵', 'Enter').replace('?', 'Shift+/');
}

/** "Ctrl+K" as it stands on a button. */
export function shownKeys(label: string): string {
  return label.replace('Shift+', '⇧').replaceAll('+', ' ');
}
