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

/// The colour of the node of this rank: hues a golden angle apart, so that neighbours differ.
fn colour(rank: usize) -> String {
    let hue = (rank * 13_751 / 100) % 360;
    let light = [45, 60, 35][rank % 3];
    format!("hsl({hue},65%,{light}%)")
}

/// Text that may stand in HTML and SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
