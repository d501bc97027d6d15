//! Holes that reach over a midnight in New York.

use alpha_kite_core::{Date, Timestamp};

use crate::days::DateRange;
use crate::store::{Gap, GapState};

/// The parts of an open hole before, on and after a day, as far as there are any, so that each day's part has a state
/// of its own.
///
/// A hole that lasts is cut at the day's end only if that has come by `closed_before`. Parts have no shares missed: the
/// total volume begins anew with the day.
pub(super) fn split(gap: &Gap, date: Date, closed_before: Timestamp) -> Vec<Gap> {
    let day = DateRange::day(date).moments();
    let goes_on = |edge| gap.ended_at.map_or(edge <= closed_before, |ended_at| edge < ended_at);
    let is_inside = |edge: &Timestamp| gap.state == GapState::Open && gap.started_at < *edge && goes_on(*edge);
    let cuts: Vec<Timestamp> = [day.start, day.end].into_iter().filter(is_inside).collect();
    if cuts.is_empty() {
        return vec![gap.clone()];
    }
    let starts = [gap.started_at].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().map(Some).chain([gap.ended_at]);
    starts
        .zip(ends)
        .map(|(started_at, ended_at)| Gap { started_at, ended_at, shares_missed: None, ..gap.clone() })
        .collect()
}
