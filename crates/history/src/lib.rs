//! Reads histories that were recorded elsewhere, to be checked against a model.
//!
//! Three formats are read, distinguished by their first entry: Jepsen's EDN, Jepsen's JSON, and our
//! own plain JSON lines (`docs/histories.md`). A file is read entry by entry, so that only its
//! operations are kept. An error is reported with its line, its place, and what to do.
//!
//! Entries that do not belong to a client (Jepsen's nemesis) are ignored.

mod edn;
mod entries;
mod entry;
mod error;
mod form;
mod json;
mod reader;
mod syntax;
mod value;
mod vocabulary;

pub use entry::Format;
pub use error::{HistoryError, Problem};
pub use reader::{Counted, Limits, NilReads, Options, Recorded, read};
pub use syntax::{EdnError, SyntaxError};
pub use value::{ParseValueError, ProcessName, Value};
pub use vocabulary::{Vocabulary, Words};
