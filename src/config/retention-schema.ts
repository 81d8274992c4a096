import * as z from "zod";
import { calendarDurationText, oneOrMore, wholeNumber } from "./field-types.ts";

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
        .meta({ default: "host,paths" }),
    },
    { error: () => "must be a map of restic's keep rules" },
  )
  .refine((rules) => Object.keys(rules).some((name) => name.startsWith("keep-")), {
    error: () => "keeps nothing: it needs at least one keep rule",
  });

export type RetentionFields = z.infer<typeof retentionSchema>;
