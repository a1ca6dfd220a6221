//! A survey to look at: a table for the terminal, a ring as SVG, all of it as one HTML page.
//!
//! Model: text in, text out; nothing here is used by the schemes, and without the feature `draw`
//! none of it is compiled.

mod list;
mod page;
mod picture;
mod table;

pub use list::{NodeListError, parse_nodes};
pub use page::page;
pub use picture::ring_picture;
pub use table::table;

use crate::survey::Surveyed;

/// The colour of the node of this rank: hues a golden angle apart, so that neighbours differ.
fn colour(rank: usize) -> String {
    let hue = (rank * 13_751 / 100) % 360;
    let light = [45, 60, 35][rank % 3];
    format!("hsl({hue},65%,{light}%)")
}

/// `1 node`, `2 nodes`.
fn several(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// What theory says of a peak: what to expect, or else what is the most.
fn peak_in_theory(row: &Surveyed) -> String {
    match (row.peak_expected, row.peak_limit) {
        (Some(expected), _) => format!("{expected:.3}"),
        (None, Some(most)) => format!("<={most:.3}"),
        (None, None) => "-".to_owned(),
    }
}

/// Text that may stand in HTML and SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
