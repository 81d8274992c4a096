import { describe, expect, it } from "vitest";
import { parseResticLine, type ResticEvent } from "../../src/restic/events.ts";

const summary014 =
  '{"message_type":"summary","files_new":1,"files_changed":0,"files_unmodified":0,"dirs_new":3,"dirs_changed":0,' +
  '"dirs_unmodified":0,"data_blobs":1,"tree_blobs":4,"data_added":1400,"total_files_processed":1,' +
  '"total_bytes_processed":2,"total_duration":0.21877491,"snapshot_id":"0e4065c8"}';
const check018 =
  '{"message_type":"summary","num_errors":1,"broken_packs":null,"suggest_repair_index":false,"suggest_prune":false}';

const nothingDone = {
  kind: "status",
  share: 0,
  files: 0,
  totalFiles: 0,
  bytes: 0,
  totalBytes: 0,
  current: null,
} as const;

const lines: readonly (readonly [string, string, ResticEvent])[] = [
  [
    "the first status of 0.14, which leaves zeros out",
    '{"message_type":"status","percent_done":0,"total_files":1,"total_bytes":2}',
    { ...nothingDone, totalFiles: 1, totalBytes: 2 },
  ],
  [
    "a status of 0.14 in the middle of a backup",
    '{"message_type":"status","seconds_elapsed":2,"seconds_remaining":11,"percent_done":0.17,"total_files":3,' +
      '"files_done":1,"total_bytes":629145600,"bytes_done":107544905,"current_files":["/tmp/big","/tmp/other"]}',
    {
      kind: "status",
      share: 0.17,
      files: 1,
      totalFiles: 3,
      bytes: 107544905,
      totalBytes: 629145600,
      current: "/tmp/big",
    },
  ],
  [
    "a status of a restore (0.16 and newer)",
    '{"message_type":"status","percent_done":0.5,"total_files":4,"files_restored":2,"total_bytes":10,"bytes_restored":5}',
    { ...nothingDone, share: 0.5, files: 2, totalFiles: 4, bytes: 5, totalBytes: 10 },
  ],
  [
    "a status with fields of the wrong type",
    '{"message_type":"status","percent_done":"half","total_files":null,"current_files":"/tmp"}',
    nothingDone,
  ],
  [
    "the error of 0.14 to 0.16, Go's own structure",
    '{"message_type":"error","error":{"Op":"open","Path":"/tmp/s2/secret","Err":13},"during":"archival","item":"/tmp/s2/secret"}',
    { kind: "error", item: "/tmp/s2/secret", message: "open /tmp/s2/secret" },
  ],
  [
    "the error of 0.17.1 and newer",
    '{"message_type":"error","error":{"message":"open /tmp/s2/secret: permission denied"},"during":"archival","item":"/tmp/s2/secret"}',
    { kind: "error", item: "/tmp/s2/secret", message: "open /tmp/s2/secret: permission denied" },
  ],
  [
    "the error of check, which has its words elsewhere",
    '{"message_type":"error","message":"error for tree 1f5d3b81:\\n"}',
    { kind: "error", item: null, message: "error for tree 1f5d3b81:" },
  ],
  [
    "the empty error of 0.17.0",
    '{"message_type":"error","error":{},"during":"archival","item":"/x"}',
    { kind: "error", item: "/x", message: "unknown error" },
  ],
  [
    "an error that is plain text",
    '{"message_type":"error","error":"it broke","item":""}',
    { kind: "error", item: "", message: "it broke" },
  ],
  ["an error without anything", '{"message_type":"error"}', { kind: "error", item: null, message: "unknown error" }],
  [
    "initialized",
    '{"message_type":"initialized","id":"bf68551047","repository":"/srv/repo"}',
    { kind: "initialized", id: "bf68551047" },
  ],
  [
    "exit_error with several lines in it",
    '{"message_type":"exit_error","code":10,"message":"Fatal: repository does not exist\\nIs there a repository?"}',
    { kind: "exit-error", code: 10, message: "Fatal: repository does not exist\nIs there a repository?" },
  ],
];

describe("parseResticLine()", () => {
  it.each(lines)("reads %s", (_, line, expected) => expect(parseResticLine(line)).toStrictEqual(expected));

  it.each([
    ["a backup of 0.14", summary014],
    ["a check of 0.18", check018],
  ])("gives the summary of %s with every field as restic named it", (_, line) =>
    expect(parseResticLine(line)).toStrictEqual({ kind: "summary", fields: JSON.parse(line) as unknown }),
  );

  it.each([
    ["text", "nonexist does not exist, skipping"],
    ["a notice of a retry", "Save(<data/3f9c>) returned error, retrying after 1.3s: connection reset by peer"],
    ["an empty line", ""],
    ["an object that was cut off", '{"message_type":"status","percent_done":'],
    ["an object of an unknown kind", '{"message_type":"verbose_status","action":"new"}'],
    ["an object without a kind", '{"id":"3f"}'],
    ["a list", '[{"message_type":"summary"}]'],
    ["a kind that every object has from JavaScript", '{"message_type":"constructor"}'],
    ["the erased line of 0.14", "\u001b[2Ksignal interrupt received, cleaning up"],
  ])("leaves %s as it is", (_, line) => expect(parseResticLine(line)).toStrictEqual({ kind: "text", text: line }));
});
