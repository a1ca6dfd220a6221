//! A ring as a picture: the owner of each part of the circle.

use std::fmt::Write as _;
use std::ops::Range;

use super::{colour, escaped, several};
use crate::node::Node;
use crate::placement::Placement;
use crate::range::Ranges;
use crate::ring::Ring;

/// The number of slices of the circle. Finer ones are not visible.
const SLICES: u32 = 1440;

/// Returns the ring as SVG: the circle of hashes, clockwise from the top, in the colours of its
/// owners, and inside it the share of each node with its name.
#[must_use]
pub fn ring_picture(ring: &Ring<Node>) -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-260 -260 520 520\" \
         font-family=\"sans-serif\" font-size=\"9\" text-anchor=\"middle\">\n",
    );
    let owner = |slice: u32| ring.place((u64::MAX / u64::from(SLICES)) * u64::from(slice));
    let mut begin = 0;
    for slice in 0..SLICES {
        let Some(slot) = owner(slice) else { break };
        if slice + 1 == SLICES || owner(slice + 1) != Some(slot) {
            let turns = fraction(begin)..fraction(slice + 1);
            let arc = arc(turns, 205.0..245.0);
            let _ = writeln!(svg, "<path d=\"{arc}\" fill=\"{}\"/>", colour(slot.index()));
            begin = slice + 1;
        }
    }
    let mut from = 0.0;
    for (slot, share) in ring.members().slots().zip(shares(ring)) {
        let to = from + share;
        let name = escaped(&ring.members().node(slot).name);
        let _ = writeln!(
            svg,
            "<path d=\"{}\" fill=\"{}\"><title>{name}: {:.1} %</title></path>",
            arc(from..to, 90.0..190.0),
            colour(slot.index()),
            100.0 * share,
        );
        if share >= 1.0 / 60.0 {
            let (x, y) = point(f64::midpoint(from, to), 140.0);
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"white\">{name}</text>");
        }
        from = to;
    }
    let _ = writeln!(
        svg,
        "<text y=\"-4\">{}</text><text y=\"8\">{}</text>\n</svg>",
        several(ring.len() as u64, "node"),
        several(ring.points().count() as u64, "point"),
    );
    svg
}

/// Returns the exact part of the circle that each node owns.
fn shares(ring: &Ring<Node>) -> Vec<f64> {
    let mut shares = vec![0.0; ring.len()];
    let mut before = 0.0;
    for (last, slot) in ring.pieces() {
        shares[slot.index()] += (last as f64 - before) / 2_f64.powi(64);
        before = last as f64;
    }
    shares
}

fn fraction(slice: u32) -> f64 {
    f64::from(slice) / f64::from(SLICES)
}

/// Returns a point of the picture, from its angle in turns clockwise from the top and its radius.
fn point(turns: f64, radius: f64) -> (f64, f64) {
    let angle = std::f64::consts::TAU * turns;
    (radius * angle.sin(), -radius * angle.cos())
}

/// Returns the path of the part of a ring between two angles, in turns, and two radii. A whole
/// circle is drawn slightly short, because an SVG arc cannot end where it begins.
fn arc(turns: Range<f64>, radii: Range<f64>) -> String {
    let (from, inner, outer) = (turns.start, radii.start, radii.end);
    let to = turns.end.min(from + 0.999_99);
    let large = u8::from(to - from > 0.5);
    let [(ax, ay), (bx, by)] = [point(from, outer), point(to, outer)];
    let [(cx, cy), (dx, dy)] = [point(to, inner), point(from, inner)];
    format!(
        "M{ax:.2} {ay:.2}A{outer} {outer} 0 {large} 1 {bx:.2} {by:.2}\
         L{cx:.2} {cy:.2}A{inner} {inner} 0 {large} 0 {dx:.2} {dy:.2}Z"
    )
}
