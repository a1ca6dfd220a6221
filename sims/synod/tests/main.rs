//! The tests of the Synod, in one program.

mod canary;
mod ends;
mod explain;
mod faults_document;
mod fuzzing;
mod judges;
mod shrink;
mod stories;
mod sweep;
