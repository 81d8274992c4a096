/** What a failed write to stdout says: in one line, as nothing else can be done about it here. */
export function lostOutputLine(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  const known: Readonly<Record<string, string>> = { ENOSPC: "the disk is full", EDQUOT: "the disk quota is used up" };
  return `Cannot write to "stdout": ${known[code] ?? "it takes no more"} (${code})`;
}

/** A reader that left (`| head -1`) or a terminal that was closed: nobody is there to miss what follows. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "EIO");
}
