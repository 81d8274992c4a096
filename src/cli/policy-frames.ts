import type { LifecycleForm } from "../access/policy/forms.ts";
import type { PolicyFrames } from "../access/policy/script.ts";
import { readPackageFile } from "../adapters/files/package-files.ts";
import { Failure } from "../base/failure.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";

/** The frames of templates/ for a provider. Fails with `defect` where the package is not whole. */
export async function framesFor(profile: ProviderProfile, lifecycle: LifecycleForm): Promise<PolicyFrames> {
  const rules = lifecycle === "s3-without-markers" ? "s3" : lifecycle;
  const lock = lifecycle === "minio" || lifecycle === "b2" ? lifecycle : "s3";
  const [policy, lifecycleFrame, objectLock] = await Promise.all([
    frameOf(`policy/${profile.name}.sh`),
    frameOf(`lifecycle/${rules}.sh`),
    profile.objectLock.value === "retention" ? frameOf(`lifecycle/lock-${lock}.sh`) : null,
  ]);
  return { policy, lifecycle: lifecycleFrame, objectLock };
}

async function frameOf(name: string): Promise<string> {
  const file = `templates/${name}`;
  const text = await readPackageFile(file);
  if (text !== null) return text;
  throw new Failure({
    kind: "defect",
    action: "read",
    subject: file,
    problem: "there is no such template",
    hint: "install Holdfast again",
  });
}
