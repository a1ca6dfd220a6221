//! The tests of reading histories, in one program: each program would compile the reader and the
//! search anew for every model.

mod any_text;
mod limits;
mod memory;
mod reading;
