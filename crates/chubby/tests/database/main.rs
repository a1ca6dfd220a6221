//! The database of the lock service: stories, and random calls against a plain model.

mod cell;
mod model;
mod random;
mod stories;
