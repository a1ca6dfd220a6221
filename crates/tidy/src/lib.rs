//! The house rules that no linter knows, as tests: `tests/tidy.rs` has those of the code,
//! `tests/language.rs` those of the prose.
