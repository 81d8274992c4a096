import { formatDuration } from "../../base/duration.ts";
import type { LifecycleRule } from "../../store/bucket-settings.ts";
import { listed, type Rail, type RailSubject } from "./rail.ts";

const day = 86_400_000;

/** Lifecycle rules that destroy versions sooner than the recovery window promises: a wrong prune could not be undone. */
export const lifecycleShort: Rail = {
  name: "lifecycle-short",
  reason: "what a prune hides is destroyed before the recovery window is over",
  release: "flag",
  isLasting: false,
  judge: ({ look, limits: { recoveryWindow: window }, prefix }) => {
    if (window === null) return { kind: "unjudged", why: "the configuration has no recovery-window" };
    if (look.lifecycle.kind === "unseen") return { kind: "unjudged", why: look.lifecycle.why };
    const setting = look.lifecycle.value;
    if (setting.kind === "unreadable") return { kind: "unjudged", why: setting.problem };
    const rules = setting.kind === "set" ? setting.value.rules : [];
    const subjects = rules.flatMap((rule): readonly RailSubject[] => {
      const days = rule.noncurrentDays;
      if (days === null || !concerns(rule, prefix) || days * day >= window) return [];
      const evidence = `the rule "${rule.id}" destroys old versions after ${days} d, the recovery window is ${formatDuration(window)}`;
      return [{ subject: `${rule.id} ${days}`, evidence }];
    });
    return { kind: "judged", subjects, figure: listed };
  },
};

/** locks/ alone may have a rule of its own: no rollback brings a lock back. */
function concerns({ isEnabled, prefix: ofRule }: LifecycleRule, prefix: string): boolean {
  if (ofRule.startsWith(`${prefix}locks/`)) return false;
  return isEnabled && (ofRule.startsWith(prefix) || prefix.startsWith(ofRule));
}
