//! The replicated log on a small cluster of its own: stories, and random schedules.

mod cluster;
mod machine;
mod schedules;
mod stories;
