import type { Role } from "../../base/role.ts";
import {
  awsDialect,
  cephDialect,
  hetznerDialect,
  minioDialect,
  scalewayDialect,
  seaweedfsDialect,
  versityDialect,
  wasabiDialect,
  type Dialect,
} from "./dialect.ts";
import type { Principal } from "./statements.ts";

/** The commands that a provider's lifecycle rules are set with: frames of templates/lifecycle/. */
export type LifecycleForm = "s3" | "s3-without-markers" | "minio" | "b2" | "none";

/** How a provider takes rights. */
export type PolicyForm = {
  readonly lifecycle: LifecycleForm;
  /** Whether the tests apply what is printed to the real store; else it is made from documentation or source. */
  readonly isTried: boolean;
} & (
  | { readonly kind: "user"; readonly dialect: Dialect }
  | {
      readonly kind: "bucket";
      readonly dialect: Dialect;
      /** `user` is the name that the frame gives the role's user. */
      readonly principalOf: (role: Role, user: string) => Principal;
    }
  | { readonly kind: "capabilities" }
);

/** A provider that nothing can be printed for. */
export interface NoPolicyForm {
  readonly kind: "none";
  readonly problem: string;
  readonly hint: string;
}

const noVersions: NoPolicyForm = {
  kind: "none",
  problem: "it keeps no versions, so a key that can write can destroy, whatever its policy",
  hint: "use another store, or one of the other ways to the same promise: docs/keys.md",
};

/** The form of each provider of profiles/, by its name. */
export const policyForms: Readonly<Record<string, PolicyForm | NoPolicyForm>> = {
  aws: { kind: "user", dialect: awsDialect, lifecycle: "s3", isTried: false },
  wasabi: { kind: "user", dialect: wasabiDialect, lifecycle: "s3", isTried: false },
  generic: { kind: "user", dialect: awsDialect, lifecycle: "s3", isTried: false },
  minio: { kind: "user", dialect: minioDialect, lifecycle: "minio", isTried: true },
  seaweedfs: { kind: "user", dialect: seaweedfsDialect, lifecycle: "s3", isTried: false },
  ceph: {
    kind: "bucket",
    dialect: cephDialect,
    lifecycle: "s3",
    isTried: true,
    principalOf: (_, user) => ({ AWS: [`arn:aws:iam:::user/${user}`] }),
  },
  versity: {
    kind: "bucket",
    dialect: versityDialect,
    lifecycle: "none",
    isTried: false,
    principalOf: (_, user) => ({ AWS: [user] }),
  },
  scaleway: {
    kind: "bucket",
    dialect: scalewayDialect,
    lifecycle: "s3-without-markers",
    isTried: false,
    principalOf: (role) => ({ SCW: [`application_id:\${${role}}`] }),
  },
  hetzner: {
    kind: "bucket",
    dialect: hetznerDialect,
    lifecycle: "s3-without-markers",
    isTried: false,
    principalOf: (role) => ({ AWS: [`arn:aws:iam:::user/p\${project}:\${${role}}`] }),
  },
  b2: { kind: "capabilities", lifecycle: "b2", isTried: false },
  garage: noVersions,
  r2: noVersions,
};
