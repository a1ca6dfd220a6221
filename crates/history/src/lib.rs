//! Reads histories that were recorded elsewhere, to be checked against a model.
//!
//! Three formats are read, distinguished by their first entry: Jepsen's EDN, Jepsen's JSON, and
//! plain JSON lines of our own (`docs/histories.md`). A file is read entry by entry, so that what
//! is kept of it is the operations alone; a mistake is reported with its place, the line, and what
//! to do.
//!
//! What does not come from a client (Jepsen's nemesis) is ignored.

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
