export { type BarQuery, readBars, type StoredBar } from "./bars.js";
export { type DigestQuery, readDigests } from "./digests.js";
export type { FeedHandler, FeedStatus } from "./follow.js";
export { followBars, followSignals } from "./live.js";
export { type BarSeries, createBarSeries, type StoredColumns } from "./series.js";
export { crossesInForce, readSignals, type SignalEvent, type SignalQuery } from "./signals.js";
