/** What became of a step in one run. */
export const stepResults = ["done", "skipped", "failed", "changed"] as const;
export type StepResult = (typeof stepResults)[number];
export type StepCounts = Readonly<Record<StepResult, number>>;
