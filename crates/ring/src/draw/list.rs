//! A list of nodes in a file: JSON or plain text.

use serde::Deserialize;
use serde_json::Value;

use crate::node::Node;
use crate::weight::{Weight, WeightError};

/// Why a list of nodes cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeListError {
    /// It begins like JSON and is not.
    #[error("the node list is not JSON of the form [{{\"name\", \"weight\", \"zone\"}}]: {0}")]
    Json(#[from] serde_json::Error),
    /// A node in JSON that is neither a name nor an object with one.
    #[error(
        "node {number} of the list: {why}; a node is a name or {{\"name\", \"weight\", \"zone\"}}"
    )]
    Node {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A weight in a line of text is not a number, or not a weight.
    #[error("line {line}: {text:?} is not a weight{}", because(.error))]
    WeightText {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
        /// What is wrong with it, if it is a number.
        error: Option<WeightError>,
    },
    /// A line of text with more than a node has.
    #[error("line {line}: {text:?} is one word too many: a line is name, weight, zone")]
    Surplus {
        /// The line, from 1.
        line: usize,
        /// The first word too many.
        text: String,
    },
    /// A node without a name.
    #[error("node {number} of the list has an empty name")]
    Nameless {
        /// Which, from 1.
        number: usize,
    },
    /// A number that is not a weight.
    #[error("node {node:?}: {error}")]
    Weight {
        /// The node's name.
        node: String,
        /// What is wrong with its weight.
        error: WeightError,
    },
    /// There is no node in it.
    #[error("the node list is empty")]
    Empty,
}

fn because(error: &Option<WeightError>) -> String {
    error.map_or_else(String::new, |error| format!(": {error}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    #[serde(default = "one")]
    weight: f64,
    #[serde(default)]
    zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    nodes: Vec<Value>,
}

fn one() -> f64 {
    1.0
}

/// Reads a list of nodes. JSON is a list, or an object with the list as `nodes`; a node is a name
/// or an object with `name` and perhaps `weight` and `zone`. Plain text has a node on each line:
/// name, weight, zone, the last two optional; what follows `#` is a comment.
///
/// # Errors
/// [`NodeListError`], saying where.
pub fn parse_nodes(text: &str) -> Result<Vec<(Node, Weight)>, NodeListError> {
    let begun = text.trim_start();
    let nodes = if begun.starts_with('{') {
        from_json(serde_json::from_str::<Named>(text)?.nodes)?
    } else if begun.starts_with('[') {
        from_json(serde_json::from_str(text)?)?
    } else {
        let lines = text.lines().enumerate().map(|(at, line)| from_line(at + 1, line));
        lines.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?
    };
    if nodes.is_empty() { Err(NodeListError::Empty) } else { Ok(nodes) }
}

fn from_json(listed: Vec<Value>) -> Result<Vec<(Node, Weight)>, NodeListError> {
    let numbered = (1..).zip(listed);
    numbered.map(|(number, value)| from_value(number, value)).collect()
}

fn from_value(number: usize, value: Value) -> Result<(Node, Weight), NodeListError> {
    let Listed { name, weight, zone } = match value {
        Value::String(name) => Listed { name, weight: one(), zone: None },
        value => serde_json::from_value(value)
            .map_err(|error| NodeListError::Node { number, why: error.to_string() })?,
    };
    if name.is_empty() {
        return Err(NodeListError::Nameless { number });
    }
    match Weight::try_from(weight) {
        Ok(weight) => Ok((Node { name, zone }, weight)),
        Err(error) => Err(NodeListError::Weight { node: name, error }),
    }
}

fn from_line(number: usize, line: &str) -> Result<Option<(Node, Weight)>, NodeListError> {
    let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
    let Some(name) = words.next() else {
        return Ok(None);
    };
    let weight = match words.next() {
        None => Weight::ONE,
        Some(text) => {
            let wrong =
                |error| NodeListError::WeightText { line: number, text: text.to_owned(), error };
            let weight: f64 = text.parse().map_err(|_| wrong(None))?;
            Weight::try_from(weight).map_err(|error| wrong(Some(error)))?
        }
    };
    let zone = words.next().map(str::to_owned);
    if let Some(text) = words.next() {
        return Err(NodeListError::Surplus { line: number, text: text.to_owned() });
    }
    Ok(Some((Node { name: name.to_owned(), zone }, weight)))
}
