const block = 512;

interface TarEntry {
  readonly name: string;
  readonly text: string;
  /** Extended header records (POSIX.1-2001, pax), such as `minio.versionId`. */
  readonly records: Readonly<Record<string, string>>;
}

/** An archive of one file, with its extended header before it. */
export function tarOf({ name, text, records }: TarEntry): Uint8Array {
  const extended = Object.entries(records)
    .map(([field, value]) => record(field, value))
    .join("");
  return joined([
    header({ name: "pax", size: lengthOf(extended), type: "x" }),
    padded(extended),
    header({ name, size: lengthOf(text), type: "0" }),
    padded(text),
    new Uint8Array(2 * block),
  ]);
}

/** `LENGTH field=value\n`, where LENGTH counts its own digits. */
function record(field: string, value: string): string {
  const rest = ` ${field}=${value}\n`;
  let length = lengthOf(rest);
  while (lengthOf(rest) + length.toString().length !== length) length = lengthOf(rest) + length.toString().length;
  return `${length}${rest}`;
}

function header({
  name,
  size,
  type,
}: {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}): Uint8Array {
  const bytes = new Uint8Array(block);
  const write = (text: string, at: number): void => bytes.set(bytesOf(text), at);
  write(name, 0);
  write("0000600\0", 100);
  write("0000000\0", 108);
  write("0000000\0", 116);
  write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  write("00000000000\0", 136);
  write(" ".repeat(8), 148);
  write(type, 156);
  write("ustar\u000000", 257);
  const sum = bytes.reduce((total, each) => total + each, 0);
  write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

function padded(text: string): Uint8Array {
  const bytes = bytesOf(text);
  return joined([bytes, new Uint8Array((block - (bytes.length % block)) % block)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function lengthOf(text: string): number {
  return bytesOf(text).length;
}
