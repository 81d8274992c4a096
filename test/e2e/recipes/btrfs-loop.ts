import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { layPrograms, type RecipePrograms } from "./recipe-programs.ts";
import { succeed } from "./run-program.ts";

const size = 128 * 1024 * 1024;

/** Mounts a fresh btrfs, which lies in a file beside it, at `folder`; what it gives unmounts it. */
export async function mountBtrfs({ bin, environment }: RecipePrograms, folder: string): Promise<() => Promise<void>> {
  const image = `${folder}.image`;
  writeFileSync(image, "");
  truncateSync(image, size);
  await succeed([`${bin}/mkfs.btrfs`, "-q", image], environment);
  mkdirSync(folder);
  await succeed(["mount", "-o", "loop", image, folder], environment);
  return async () => {
    await succeed(["umount", folder], environment);
  };
}

/** Whether this machine lets us, tried. */
export async function canMountBtrfs(root: string): Promise<boolean> {
  if (userInfo().uid !== 0 || !existsSync("/dev/loop-control")) return false;
  const folder = mkdtempSync(path.join(tmpdir(), "hf-btrfs-"));
  try {
    const unmount = await mountBtrfs(layPrograms(root, folder), path.join(folder, "mount"));
    await unmount();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
