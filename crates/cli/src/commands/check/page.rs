//! The same picture as a page: one file that needs nothing else, readable at any width.

use std::fmt::Write as _;

use super::picture::{BarPart, Picture, Row};
use super::report::Report;

/// Beside one another, labels and bars need room; on a narrow screen a label stands above its bar.
const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 75rem;
  color: #222; overflow-wrap: anywhere }
h1 { font-size: 1.4rem }
pre { background: #f5f5f5; padding: 1rem; white-space: pre-wrap }
.row, .key { display: flex; align-items: center; gap: .3rem 1rem; margin: .25rem 0 }
.label { flex: 0 0 20rem; font: 13px/1.3 ui-monospace, monospace }
.track { flex: 1; position: relative; height: 1.2rem; min-width: 12rem }
.bar { position: absolute; box-sizing: border-box; height: 100%; min-width: 4px; border-radius: 3px;
  padding: 0 4px; background: #c3d3e2; color: #111; font: 12px/1.2rem ui-monospace, monospace;
  white-space: nowrap }
.placed { background: #5b8db8; color: #fff } .stuck { background: #c0392b; color: #fff }
.clash { background: #e0a030 }
.open { border-right: 3px dotted currentColor; border-radius: 3px 0 0 3px;
  mask: linear-gradient(90deg, #000 60%, #0006) }
.key { flex-wrap: wrap; font-size: 13px }
.key .bar { position: static; display: inline-block; width: 2.2rem; height: 1.2rem;
  margin-right: .4rem }
.ends { display: flex; justify-content: space-between; flex: 1; font-size: 13px }
@media (max-width: 40rem) {
  body { margin: 1rem auto } .row { display: block; margin: .6rem 0 } .ends { display: flex } }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd } pre { background: #242424 } }";

/// Returns the whole page.
pub(super) fn page(report: &Report) -> String {
    let title = format!("{}: {}", escaped(&report.file), report.verdict);
    let about = escaped(&report.about());
    let mut body = format!("<h1>{title}</h1>\n<p>{about}, in {}</p>\n", escaped(&report.format));
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
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style>\n{body}</html>\n"
    )
}

fn drawing(picture: &Picture) -> String {
    let mut drawn = legend(picture);
    if picture.left_out > 0 {
        let _ = writeln!(drawn, "<p>{} operations before these are left out</p>", picture.left_out);
    }
    let (first, last) = &picture.ends;
    let _ = writeln!(
        drawn,
        "<div class=\"row\"><span class=\"label\"></span>\
         <span class=\"ends\"><span>{first}</span><span>{last}</span></span></div>"
    );
    for row in &picture.rows {
        draw(&mut drawn, picture, row);
    }
    drawn
}

/// Returns what the bars of `picture` mean, of those that there are.
fn legend(picture: &Picture) -> String {
    let mut legend = "<div class=\"key\">\n".to_owned();
    let parts = [
        (BarPart::Placed(1), "in the order below, with its place"),
        (BarPart::Beside, "before the order, or without a place in it"),
        (BarPart::Stuck, "no order has room for it"),
        (BarPart::Clash, "cannot go together with that"),
    ];
    for (part, meaning) in parts {
        let class = class(part);
        if picture.rows.iter().any(|row| self::class(row.bar.part) == class) {
            let sign = part.sign();
            let _ =
                writeln!(legend, "<span><span class=\"bar {class}\">{sign}</span>{meaning}</span>");
        }
    }
    if picture.rows.iter().any(|row| row.to.is_none()) {
        let _ =
            writeln!(legend, "<span><span class=\"bar open\">…</span>still open at the end</span>");
    }
    legend.push_str("</div>\n");
    legend
}

fn class(part: BarPart) -> &'static str {
    match part {
        BarPart::Stuck => "stuck",
        BarPart::Clash => "clash",
        BarPart::Placed(_) => "placed",
        BarPart::Beside => "beside",
    }
}

/// Draws a bar, by shares of the width.
fn draw(drawn: &mut String, picture: &Picture, row: &Row) {
    let share = |column: usize| 100 * column / picture.columns.max(2).saturating_sub(1);
    let from = share(row.from).min(97);
    let width = row.to.map_or(100, share).max(from + 2) - from;
    let class = class(row.bar.part);
    let open = if row.to.is_none() { " open" } else { "" };
    let label = escaped(&row.bar.label);
    let sign = row.bar.part.sign();
    let _ = writeln!(
        drawn,
        "<div class=\"row\"><span class=\"label\">{label}</span><div class=\"track\">\
         <div class=\"bar {class}{open}\" style=\"left: {from}%; width: {width}%\" \
         title=\"{label}\">{sign}</div></div></div>"
    );
}

/// Returns `text` as text of a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
