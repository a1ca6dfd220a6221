//! A list of nodes in a file: JSON or plain text.

use serde::Deserialize;

use crate::node::Node;
use crate::weight::{Weight, WeightError};

/// Why a list of nodes cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeListError {
    /// It begins like JSON and is not.
    #[error("the node list is not JSON of the form [{{\"name\", \"weight\", \"zone\"}}]: {0}")]
    Json(#[from] serde_json::Error),
    /// A weight in a line of text is not a number, or not a weight.
    #[error("line {line}: {text:?} is not a weight")]
    WeightText {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
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

#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Name(String),
    Full {
        name: String,
        #[serde(default = "one")]
        weight: f64,
        #[serde(default)]
        zone: Option<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Bare(Vec<Listed>),
    Named { nodes: Vec<Listed> },
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
    let nodes = if text.trim_start().starts_with(['[', '{']) {
        let listed = match serde_json::from_str(text)? {
            List::Bare(listed) | List::Named { nodes: listed } => listed,
        };
        listed.into_iter().map(Listed::checked).collect::<Result<Vec<_>, _>>()?
    } else {
        let lines = text.lines().enumerate().map(|(at, line)| from_line(at + 1, line));
        lines.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?
    };
    if nodes.is_empty() { Err(NodeListError::Empty) } else { Ok(nodes) }
}

impl Listed {
    fn checked(self) -> Result<(Node, Weight), NodeListError> {
        let (name, weight, zone) = match self {
            Listed::Name(name) => (name, 1.0, None),
            Listed::Full { name, weight, zone } => (name, weight, zone),
        };
        match Weight::try_from(weight) {
            Ok(weight) => Ok((Node { name, zone }, weight)),
            Err(error) => Err(NodeListError::Weight { node: name, error }),
        }
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
            let wrong = || NodeListError::WeightText { line: number, text: text.to_owned() };
            let weight: f64 = text.parse().map_err(|_| wrong())?;
            Weight::try_from(weight).map_err(|_| wrong())?
        }
    };
    let zone = words.next().map(str::to_owned);
    Ok(Some((Node { name: name.to_owned(), zone }, weight)))
}
