import * as z from "zod";
import { absolutePaths, choice, flag, oneOrMore, text, wholeNumber } from "./field-types.ts";

/** What `holdfast backup` hands to `restic backup`, under restic's own flag names. */
export const backupSchema = z
  .strictObject(
    {
      paths: absolutePaths().optional().describe("The files and folders to back up, each as an absolute path."),
      exclude: oneOrMore().optional().describe("Patterns of what to leave out."),
      iexclude: oneOrMore().optional().describe("As exclude, upper and lower case alike."),
      "exclude-file": absolutePaths().optional().describe("Files that hold exclude patterns, one a line."),
      "exclude-caches": flag().optional().describe("Leave out folders marked by a CACHEDIR.TAG."),
      "exclude-if-present": oneOrMore()
        .optional()
        .describe("Leave out folders that hold a file of this name, or of this name and header (NAME:HEADER)."),
      "exclude-larger-than": text("a size such as 500M or 2G")
        .regex(/^\d+[kKmMgGtT]?$/, { error: () => "must be a size such as 500M or 2G" })
        .optional()
        .describe("Leave out files larger than this: a number with k, M, G or T."),
      "one-file-system": flag().optional().describe("Stay on the file systems of the given paths."),
      tag: oneOrMore().optional().describe("Tags for the new snapshot."),
      host: text().optional().describe("The host name for the new snapshot, else this machine's."),
      "ignore-inode": flag().optional().describe("Do not compare inode numbers when looking for changed files."),
      "ignore-ctime": flag().optional().describe("Do not compare ctimes when looking for changed files."),
      "with-atime": flag().optional().describe("Save the time of the last access of each file."),
      compression: choice(["auto", "off", "max", "fastest", "better"])
        .optional()
        .describe("How hard to compress; fastest and better need restic 0.19."),
      "pack-size": wholeNumber(4, 128).optional().describe("The target size of a pack in MiB."),
      "read-concurrency": wholeNumber(1).optional().describe("How many files to read at once; restic 0.15."),
      "skip-if-unchanged": flag().optional().describe("Make no snapshot where nothing changed; restic 0.17."),
      "no-scan": flag().optional().describe("Do not count the files first; restic 0.15."),
      "limit-upload": wholeNumber(1).optional().describe("The most to upload, in KiB a second."),
      "files-from": absolutePaths().optional().describe("Files that list what to back up, one pattern a line."),
    },
    { error: () => "must be a map of restic's backup flags" },
  )
  .refine((backup) => backup.paths !== undefined || backup["files-from"] !== undefined, {
    error: () => "names nothing to back up: it needs paths or files-from",
  });

export type BackupFields = z.infer<typeof backupSchema>;
