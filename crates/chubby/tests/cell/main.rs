//! A cell of the lock service in one thread: stories, and random schedules.

mod cell;
mod failover;
mod leases;
mod locks;
mod reads;
mod recipes;
mod resources;
mod schedules;
mod strangers;
