/**
 * Two coordinate spaces that must never mix: pixels of the picture that was sent to the server, and CSS pixels on the
 * screen. The brands make a mix-up a type error.
 */

declare const space: unique symbol;

export type VideoPx = number & { readonly [space]: "video" };
export type ScreenPx = number & { readonly [space]: "screen" };

export const videoPx = (value: number): VideoPx => value as VideoPx;
export const screenPx = (value: number): ScreenPx => value as ScreenPx;

export interface Size<U extends number> {
  readonly width: U;
  readonly height: U;
}

export interface Box<U extends number> extends Size<U> {
  readonly x: U;
  readonly y: U;
}

/** How a picture lies on the screen: filling it, left and right exchanged when mirrored. */
export interface View {
  readonly picture: Size<VideoPx>;
  readonly screen: Size<ScreenPx>;
  readonly mirrored: boolean;
}

export function toScreen(box: Box<VideoPx>, view: View): Box<ScreenPx> {
  const scaleX = view.screen.width / view.picture.width;
  const scaleY = view.screen.height / view.picture.height;
  const left = view.mirrored ? view.picture.width - box.x - box.width : box.x;
  return {
    x: screenPx(left * scaleX),
    y: screenPx(box.y * scaleY),
    width: screenPx(box.width * scaleX),
    height: screenPx(box.height * scaleY),
  };
}

/** The point `share` of the way from one box to another; share 0 is `from`, 1 is `to`. */
export function mixBoxes<U extends number>(from: Box<U>, to: Box<U>, share: number): Box<U> {
  const mix = (a: U, b: U) => (a + (b - a) * share) as U;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    width: mix(from.width, to.width),
    height: mix(from.height, to.height),
  };
}

/** The size of a picture whose long side is at most `longSide`, never enlarged, at least one pixel each way. */
export function fitLongSide(width: number, height: number, longSide: number): Size<VideoPx> {
  const scale = Math.min(1, longSide / Math.max(width, height, 1));
  return { width: videoPx(Math.max(1, Math.round(width * scale))), height: videoPx(Math.max(1, Math.round(height * scale))) };
}
