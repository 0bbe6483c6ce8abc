/** What a camera's clock is set to, by hand. */
export interface Setting {
  readonly offset_ms: number;
  readonly from_ms?: number;
  readonly until_ms?: number;
}
