/** What the charts are fed with. */

export interface Bar {
  key: string
  /** The full name, read aloud and shown on hover: "Monday, 1 June". */
  label: string
  /** What stands under the axis; the chart thins these out when they would collide. */
  tick: string
  /** Where its records are listed. */
  href?: string
}
export interface Series {
  key: string
  label: string
  color: string
  values: number[]
}
