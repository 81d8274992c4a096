/** Where a command tells what it does under the surface, for --verbose. Never told a secret. */
export interface Log {
  debug(message: string, fields: Readonly<Record<string, unknown>>): void;
}
