import * as z from "zod";
import { isZone } from "../retention/calendar.ts";
import { calendarDurationText, durationText, oneOrMore, text, wholeNumber } from "./field-types.ts";
import { retentionDefaults } from "./retention-defaults.ts";

const groupByForms = { error: () => 'must be host, paths and tags joined by commas, or "" for one group' };

/** What `holdfast prune` keeps, under restic's own flag names. */
export const retentionSchema = z
  .strictObject(
    {
      "keep-last": wholeNumber(1).optional().describe("Keep this many newest snapshots."),
      "keep-hourly": wholeNumber(1).optional().describe("Keep the newest snapshot of each of this many hours."),
      "keep-daily": wholeNumber(1).optional().describe("Keep the newest snapshot of each of this many days."),
      "keep-weekly": wholeNumber(1).optional().describe("Keep the newest snapshot of each of this many weeks."),
      "keep-monthly": wholeNumber(1).optional().describe("Keep the newest snapshot of each of this many months."),
      "keep-yearly": wholeNumber(1).optional().describe("Keep the newest snapshot of each of this many years."),
      "keep-within": calendarDurationText().optional().describe("Keep every snapshot of this length of time."),
      "keep-within-hourly": calendarDurationText()
        .optional()
        .describe("Keep an hourly snapshot of this length of time."),
      "keep-within-daily": calendarDurationText().optional().describe("Keep a daily snapshot of this length of time."),
      "keep-within-weekly": calendarDurationText()
        .optional()
        .describe("Keep a weekly snapshot of this length of time."),
      "keep-within-monthly": calendarDurationText()
        .optional()
        .describe("Keep a monthly snapshot of this length of time."),
      "keep-within-yearly": calendarDurationText()
        .optional()
        .describe("Keep a yearly snapshot of this length of time."),
      "keep-tag": oneOrMore().optional().describe("Keep every snapshot with this tag, or with all of A,B."),
      "group-by": z
        .string(groupByForms)
        .regex(/^(?:(?:host|paths|tags)(?:,(?:host|paths|tags))*)?$/, groupByForms)
        .meta({ title: "host, paths, tags" })
        .optional()
        .describe("The rules hold for each group apart: host, paths, tags joined by commas.")
        .meta({ default: retentionDefaults["group-by"] }),
      "time-zone": text("a zone such as Europe/Berlin")
        .refine(isZone, { error: () => "must be a zone such as Europe/Berlin" })
        .meta({ title: "IANA zone" })
        .optional()
        .describe("Whose calendar the hours, days and weeks of all rules go by.")
        .meta({ default: retentionDefaults["time-zone"] }),
      "max-unused": text("a share, a size or unlimited")
        .regex(/^(?:\d+(?:\.\d+)?%|\d+[bBkKmMgGtT]?|unlimited)$/, {
          error: () => "must be a share such as 5%, a size such as 2G, or unlimited",
        })
        .optional()
        .describe("How much unused data prune may leave in packs: a share, a size with K, M, G, T, or unlimited."),
      "max-repack-size": text("a size such as 5G")
        .regex(/^\d+[bBkKmMgGtT]?$/, { error: () => "must be a size such as 500M or 5G" })
        .optional()
        .describe("How much prune may pack anew in one run: a size with K, M, G or T."),
      "check-read-data-runs": wholeNumber(1, 256)
        .optional()
        .describe("In how many runs of prune all data is read once, a part in each.")
        .meta({ default: retentionDefaults["check-read-data-runs"] }),
      "check-max-age": durationText("35d")
        .optional()
        .describe("The rail check-too-old: how old the last check that read data may be.")
        .meta({ default: retentionDefaults["check-max-age"] }),
      "burst-limit": wholeNumber(1, 20)
        .optional()
        .describe("The rail burst: how many snapshots beyond the usual may come at once.")
        .meta({ default: retentionDefaults["burst-limit"] }),
      "clock-tolerance": durationText("1h")
        .optional()
        .describe("The rails future-dated and clock-skew: how far a client's time may be from the store's.")
        .meta({ default: retentionDefaults["clock-tolerance"] }),
      "size-factor": wholeNumber(2, 100)
        .optional()
        .describe("The rails of size and files: by what factor a backup may differ from its group's median.")
        .meta({ default: retentionDefaults["size-factor"] }),
    },
    { error: () => "must be a map of restic's keep rules" },
  )
  .refine((rules) => Object.keys(rules).some((name) => name.startsWith("keep-")), {
    error: () => "keeps nothing: it needs at least one keep rule",
  });

export type RetentionFields = z.infer<typeof retentionSchema>;
