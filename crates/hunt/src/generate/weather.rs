//! The conditions of a generated run: what goes wrong by chance, message by message and sync by
//! sync.

use squall_process::Span;
use squall_world::{Chance, Conditions, Delay, Draw, Keep, SpanRange, Tail};

use super::percent;

/// Draws which of the conditions are bad in this run, and how bad.
pub(super) fn draw_conditions(draw: &mut Draw, conditions: &mut Conditions) {
    *conditions = Conditions { delay: draw_delay(draw), ..Conditions::default() };
    if draw.coin() {
        conditions.loss = percent(draw, 30);
    }
    if draw.coin() {
        conditions.duplicate = percent(draw, 50);
    }
    if draw.coin() {
        conditions.tail = draw_tail(draw, Span::from_secs(2));
    }
    conditions.in_order = draw.below(4) == 0;
    if draw.coin() {
        conditions.queue = Some(draw.between(2, 20) as u32);
    }
    draw_disk(draw, conditions);
    if draw.coin() {
        conditions.late = draw_tail(draw, Span::from_millis(200));
    }
    if draw.coin() {
        conditions.restart = draw.magnitude(Span::from_millis(1), Span::from_secs(1));
    }
}

fn draw_disk(draw: &mut Draw, conditions: &mut Conditions) {
    // Slow syncs are no fault of their own, but what a crash can do to a disk depends on them.
    if draw.below(4) > 0 {
        let high = draw.magnitude(Span::from_millis(1), Span::from_millis(50));
        conditions.sync = range(high.scaled(1, 4), high);
    }
    if draw.coin() {
        conditions.keep = *draw.pick(&[Keep::None, Keep::Prefix, Keep::Subset, Keep::Subset]);
    }
    if draw.coin() {
        conditions.torn = percent(draw, 80);
    }
    if draw.below(4) == 0 {
        conditions.write_error = percent(draw, 8);
    }
    if draw.below(4) == 0 {
        conditions.sync_error = percent(draw, 8);
    }
}

/// A tail of one in a thousand to one in ten, by the same odds for each order of magnitude.
fn draw_tail(draw: &mut Draw, high_most: Span) -> Tail {
    let millionths = *draw.pick(&[1_000, 10_000, 30_000, 100_000]);
    let chance = Chance::from_millionths(millionths).unwrap_or_default();
    Tail { chance, high: draw.magnitude(Span::from_millis(1), high_most) }
}

/// Delays: even or exponential, from a floor of 0 to 5 ms up to a width or mean of 0.1 to 50 ms.
fn draw_delay(draw: &mut Draw) -> Delay {
    let floor = draw.span(Span::ZERO, Span::from_millis(5), Span::from_micros(100));
    let wide = draw.magnitude(Span::from_micros(100), Span::from_millis(50));
    match draw.below(3) {
        0 => Delay::Exponential { floor, mean: wide },
        _ => Delay::Uniform(range(floor, floor + wide)),
    }
}

fn range(low: Span, high: Span) -> SpanRange {
    SpanRange::new(low, high).unwrap_or(SpanRange::exactly(low))
}
