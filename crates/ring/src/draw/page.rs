//! A survey and its ring as one HTML page that needs nothing else.

use std::fmt::Write as _;

use super::{colour, escaped, peak_in_theory, several};
use crate::survey::{Survey, Surveyed};

/// The page: the ring, the table, and for each scheme the share of every node as a bar.
#[must_use]
pub fn page(survey: &Survey, picture: &str) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Balance</title><style>\
         body{font:14px sans-serif;max-width:1100px;margin:2em auto;padding:0 1em}\
         svg{max-width:520px;display:block;margin:auto}\
         table{border-collapse:collapse;width:100%}td,th{padding:.2em .6em;text-align:right}\
         td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f4f4f4}\
         .bars{display:flex;align-items:flex-end;height:90px;border-bottom:1px solid #999;\
         background:linear-gradient(#0000 33%,#c00 33%,#c00 34%,#0000 34%)}\
         .bars i{flex:1;min-width:1px;box-sizing:border-box}\
         .cut{border-top:4px solid #000}</style>\n",
    );
    let (nodes, keys) = (several(survey.nodes.len() as u64, "node"), several(survey.keys, "key"));
    let _ = writeln!(html, "<h1>{nodes}, {keys}</h1>");
    html.push_str(picture);
    html.push_str(
        "<p>Outer circle: who owns which hashes on a ring of 160 points a unit of weight. Inner: \
         the shares that add up from it.</p>\n<table><tr><th>scheme<th>peak<th>theory\
         <th>standard error<th>theory<th>moved by leaving, %<th>must<th>moved by joining, %\
         <th>must</tr>\n",
    );
    survey.schemes.iter().for_each(|row| line(&mut html, row));
    html.push_str("</table>\n<p>* knows no weights.</p>\n");
    for scheme in &survey.left_out {
        let (name, reason) = (escaped(&scheme.scheme), escaped(&scheme.reason));
        let _ = writeln!(html, "<p>{name} is left out: {reason}.</p>");
    }
    html.push_str(
        "<h2>Shares, node by node</h2><p>The red line is what the weight says; a bar with a black \
         top goes on above one and a half.</p>\n",
    );
    for row in &survey.schemes {
        let _ = writeln!(html, "<h3>{}</h3><div class=\"bars\">", escaped(&row.scheme));
        for (rank, (name, share)) in survey.nodes.iter().zip(&row.shares).enumerate() {
            // The red line stands at two thirds of the height: one and a half fill it, and what is
            // above has a black top.
            let height = (share / 1.5 * 100.0).min(100.0);
            let cut = if *share > 1.5 { " class=\"cut\"" } else { "" };
            let (name, colour) = (escaped(name), colour(rank));
            let style = format!("height:{height:.1}%;background:{colour}");
            let _ = write!(html, "<i{cut} style=\"{style}\" title=\"{name}: {share:.3}\"></i>");
        }
        html.push_str("</div>\n");
    }
    html.push_str("</html>\n");
    html
}

fn line(html: &mut String, row: &Surveyed) {
    let theory = |figure: Option<f64>| figure.map_or("-".to_owned(), |one| format!("{one:.3}"));
    let _ = writeln!(
        html,
        "<tr><td>{}{}<td>{:.3}<td>{}<td>{:.4}<td>{}<td>{:.2}<td>{:.2}<td>{:.2}<td>{:.2}</tr>",
        escaped(&row.scheme),
        if row.weighted { "" } else { " *" },
        row.peak,
        escaped(&peak_in_theory(row)),
        row.error,
        theory(row.error_expected),
        100.0 * row.moved_by_leaving,
        100.0 * row.leaving_had,
        100.0 * row.moved_by_joining,
        100.0 * row.joining_has,
    );
}
