/** What JSON escapes (RFC 8259, 7), and surrogates, which UTF-8 cannot hold alone. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

/** A text as it stands in JSON between its quotes. */
export function jsonText(text: string): string {
  return escaped.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}
