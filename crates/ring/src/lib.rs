//! Consistent hashing and the load balancing built on it.
