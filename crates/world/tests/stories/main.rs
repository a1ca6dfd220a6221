//! Stories about the world: small, each about one thing that can go wrong, told with a process that
//! does what it is asked and says what happens to it, by its own clock.

mod calm;
mod disks;
mod hosts;
mod links;
mod luck;
mod recorder;
mod sessions;
mod stage;
