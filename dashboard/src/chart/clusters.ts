import type { Cross } from "@alpha-kite/indicators";

/** Crosses that stand together on the chart. */
export interface Cluster {
  readonly id: string;
  readonly crosses: readonly Cross[];
}

/** Where an id names a group and not one cross. */
export const GROUP_PREFIX = "group-";

/**
 * Puts crosses that would lie closer than `distance` pixels together. `xOf` gives a cross's place; crosses outside `[0, width]` by more
 * than the distance are left out. A group never reaches further than the distance from its first cross.
 */
export function clusterCrosses(
  crosses: readonly Cross[],
  xOf: (cross: Cross) => number,
  width: number,
  distance: number,
): Cluster[] {
  const clusters: { crosses: Cross[]; x: number }[] = [];
  for (const cross of crosses) {
    const x = xOf(cross);
    if (x < -distance || x > width + distance) continue;
    const last = clusters.at(-1);
    if (last !== undefined && x - last.x < distance) last.crosses.push(cross);
    else clusters.push({ crosses: [cross], x });
  }
  return clusters.map(({ crosses: together }) => {
    const [first] = together as [Cross];
    return { id: together.length === 1 ? first.id : `${GROUP_PREFIX}${first.id}`, crosses: together };
  });
}
