//! The house rules that no linter knows. All of it is in `tests/tidy.rs`.
