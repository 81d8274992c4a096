/** Names of 64 hex digits cut to 8 with an ellipsis, as screens show them; `--json` has them whole. */
export function shortHashes(text: string): string {
  return text.replace(/(?<![0-9a-f])([0-9a-f]{8})[0-9a-f]{56}(?![0-9a-f])/g, "$1…");
}
