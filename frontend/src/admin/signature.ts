/** A signature as it will stand below a mail: the server fills it the same way (channels_app/email/signatures.py). */
export function filledSignature(text: string, values: Record<'operator' | 'account', string>): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const full = line.replace(/\{(\w*)\}/g, (whole, name: string) => (name === 'operator' || name === 'account' ? values[name] : whole));
    // a line that became empty by filling it in is left out
    if (full.trim() !== '' || line.trim() === '') lines.push(full.trimEnd());
  }
  return lines.join('\n').replace(/^\n+|\n+$/g, '');
}
