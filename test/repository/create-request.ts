import type { ResticProgram } from "../../src/restic/restic-program.ts";
import { createRepository, type CreateRequest, type CreateResult } from "../../src/repository/create-repository.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";
import { sessionOf, type Scene } from "../doubles/scene.ts";

export interface CreateChanges extends Partial<CreateRequest> {
  readonly program?: ResticProgram;
  readonly password?: string;
}

/** `init` of `home/` in the scene's bucket, with restic 0.19.1 but for what a test changes. */
export async function create(scene: Scene, changes: CreateChanges = {}): Promise<CreateResult> {
  const { program, password, ...more } = changes;
  return await createRepository({
    session: sessionOf(program ?? scene.restic("0.19.1", more.store), password),
    store: scene.bucket,
    profile: sampleProfile(),
    clock: scene.clock,
    state: scene.state,
    dryRun: false,
    signal: undefined,
    onStep: () => undefined,
    ...more,
  });
}
