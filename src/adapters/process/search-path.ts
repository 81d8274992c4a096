import { access, constants, stat } from "node:fs/promises";
import path from "node:path";

/** The first program of that name on a PATH, or null. */
export async function firstOnPath(program: string, searchPath: string): Promise<string | null> {
  for (const folder of searchPath.split(path.delimiter).filter((part) => part !== "")) {
    const file = path.join(folder, program);
    if (await isProgram(file)) return file;
  }
  return null;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
