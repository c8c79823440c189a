/** Small pictures of the faces just taken; they live in memory until the panel closes. */

import type { Shot } from "@/camera/frame-source";
import { type Scene, largestFace } from "@/features/live/overlay/tracks";

export type Thumbnail = ImageBitmap;

const MARGIN = 0.35;

/** A square around the largest face of the scene, or the middle of the picture where the scene is empty. */
export async function cropFace(shot: Shot, scene: Scene | null): Promise<Thumbnail> {
  const { width, height } = shot.size;
  const middle = { x: width * 0.25, y: height * 0.2, width: width * 0.5, height: height * 0.5 };
  // The scene may be of a picture before, of another size.
  const scale = scene ? width / scene.picture.width : 1;
  const found = largestFace(scene)?.to;
  const face = found
    ? { x: found.x * scale, y: found.y * scale, width: found.width * scale, height: found.height * scale }
    : middle;
  const side = Math.min(width, height, Math.max(face.width, face.height) * (1 + 2 * MARGIN));
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
  const x = clamp(face.x + face.width / 2 - side / 2, width - side);
  const y = clamp(face.y + face.height / 2 - side / 2, height - side);
  return createImageBitmap(shot.jpeg, Math.round(x), Math.round(y), Math.round(side), Math.round(side), {
    resizeWidth: 128,
    resizeHeight: 128,
    resizeQuality: "medium",
  });
}
