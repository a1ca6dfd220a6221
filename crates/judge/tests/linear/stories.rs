//! Histories that tell a story, and what is said of them.
