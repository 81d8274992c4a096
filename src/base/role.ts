/** The credentials of the design, from the least to the most powerful. */
export const roles = ["monitor", "writer", "pruner", "purger", "rescuer"] as const;
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}
