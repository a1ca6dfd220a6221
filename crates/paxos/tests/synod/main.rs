//! The Synod, told as stories in a cell that is driven by hand, and stormed by random schedules.

mod cell;
mod choosing;
mod disk;
mod host;
mod learning;
mod schedules;
