//! The same picture as a page: one file that needs nothing else.

use std::fmt::Write as _;

use super::picture::{Picture, Row};
use super::report::Report;

const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; max-width: 75rem; color: #222 }
pre { background: #f5f5f5; padding: 1rem; overflow-x: auto }
svg { width: 100%; height: auto }
text { font: 12px ui-monospace, monospace; fill: #222 }
.bar { fill: #9bb8d3 } .placed { fill: #5b8db8 } .stuck { fill: #c0392b }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd } pre { background: #242424 } text { fill: #ddd } }";

/// Sizes, in units of the drawing.
const LABEL: usize = 330;
const WIDTH: usize = 700;
const ROW: usize = 26;

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let title = format!("{}: {}", escaped(&report.file), report.verdict);
    let mut body = format!("<h1>{title}</h1>\n<p>{}, in {}</p>\n", escaped(&report.about()), {
        escaped(&report.format)
    });
    if let Some(reason) = &report.reason {
        let _ = writeln!(body, "<p><strong>{}</strong></p>", escaped(reason));
    }
    if let Some(told) = &report.refutation {
        body.push_str(&drawing(&told.picture));
        let mut text = Vec::new();
        let plain = crate::console::Palette { on: false };
        // Writing to memory does not fail.
        let _ = report.print(&mut text, plain);
        let _ = writeln!(body, "<pre>{}</pre>", escaped(&String::from_utf8_lossy(&text)));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>\n{STYLE}\n</style>\n{body}</html>\n"
    )
}

fn drawing(picture: &Picture) -> String {
    let height = (picture.rows.len() + 1) * ROW;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {height}\" role=\"img\" aria-label=\"operations over time\">\n",
        LABEL + WIDTH + 10
    );
    let (first, last) = &picture.ends;
    let _ = writeln!(svg, "<text x=\"{LABEL}\" y=\"16\">{first}</text>");
    let right = LABEL + WIDTH;
    let _ = writeln!(svg, "<text x=\"{right}\" y=\"16\" text-anchor=\"end\">{last}</text>");
    for (number, row) in picture.rows.iter().enumerate() {
        draw(&mut svg, picture, row, (number + 1) * ROW);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, picture: &Picture, row: &Row, top: usize) {
    let scaled = |column: usize| LABEL + column * WIDTH / picture.columns.max(2).saturating_sub(1);
    let from = scaled(row.from).min(LABEL + WIDTH - 4);
    let to = row.to.map_or(LABEL + WIDTH + 10, scaled).max(from + 4);
    let class = match (row.bar.is_stuck, row.bar.place) {
        (true, _) => "stuck",
        (false, Some(_)) => "placed",
        (false, None) => "bar",
    };
    let label = escaped(&row.bar.label);
    let baseline = top + 15;
    let _ = writeln!(svg, "<text x=\"0\" y=\"{baseline}\">{label}</text>");
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{from}\" y=\"{}\" width=\"{}\" height=\"16\" rx=\"3\">\
         <title>{label}</title></rect>",
        top + 3,
        to - from
    );
    if let Some(place) = row.bar.place {
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{baseline}\">{}</text>", from + 4, place + 1);
    }
}

/// `text` as text of a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
