//! A ring that places as Envoy's `ring_hash` does.
//!
//! Model (`envoyproxy/envoy`, `source/extensions/load_balancing_policies/ring_hash/
//! ring_hash_lb.cc`): point i of a host is the hash of "key_i", XXH64 or Murmur2. How many points a
//! host has follows from running sums over all hosts, scaled so that the lightest gets a whole
//! number and the ring at least its minimum, then down to the maximum. The arithmetic is in double
//! precision, by basic operations, and so the same everywhere.
//!
//! Limits: where the scale leaves fractions, Envoy rounds in the order in which it was told of its
//! hosts; here that order is by node key, so that it does not depend on history. Whole numbers of
//! points, the usual case, do not depend on any order. A change builds the ring anew. Below a
//! maximum size some nodes may have no point; they own nothing, and stand last in the order of
//! every key.

use serde::{Deserialize, Serialize};

use crate::circle::{Circle, Dialect, sealed};
use crate::hash::KeyHash;
use crate::members::Members;
use crate::points::Point;
use crate::weight::Weight;

/// A ring that places as Envoy's does.
pub type EnvoyRing<N> = Circle<N, Envoy>;

/// The rules of an [`EnvoyRing`], by Envoy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envoy {
    hash: KeyHash,
    minimum_ring_size: u64,
    maximum_ring_size: u64,
}

/// A smallest size above the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ring hash: minimum_ring_size ({minimum}) > maximum_ring_size ({maximum})")]
pub struct RingSizeError {
    /// The smallest size that was asked for.
    pub minimum: u64,
    /// The largest size that was asked for, or Envoy's limit of 8,388,608.
    pub maximum: u64,
}

impl Envoy {
    /// Envoy's limit on the size of a ring.
    pub const SIZE_MAX: u64 = 8 << 20;

    /// Rules with bounds on the size of the ring.
    ///
    /// # Errors
    /// [`RingSizeError`] if the minimum is above the maximum or the maximum above Envoy's limit.
    pub fn new(hash: KeyHash, minimum: u64, maximum: u64) -> Result<Envoy, RingSizeError> {
        if maximum > Envoy::SIZE_MAX {
            return Err(RingSizeError { minimum: maximum, maximum: Envoy::SIZE_MAX });
        }
        if minimum > maximum {
            return Err(RingSizeError { minimum, maximum });
        }
        Ok(Envoy { hash, minimum_ring_size: minimum, maximum_ring_size: maximum })
    }
}

impl Default for Envoy {
    /// Envoy's own: XXH64 with seed 0, 1,024 points at least.
    fn default() -> Self {
        let hash = KeyHash::Xxh64 { seed: 0 };
        Envoy { hash, minimum_ring_size: 1024, maximum_ring_size: Envoy::SIZE_MAX }
    }
}

impl Dialect for Envoy {
    const NAME: &'static str = "envoy";

    fn check(&self) -> Result<(), String> {
        let Envoy { hash, minimum_ring_size, maximum_ring_size } = *self;
        let checked = Envoy::new(hash, minimum_ring_size, maximum_ring_size);
        checked.map(drop).map_err(|error| error.to_string())
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.hash.hash(key)
    }
}

impl sealed::Points for Envoy {
    type Position = u64;

    fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64 {
        let weights: Vec<u32> = weights.map(Weight::get).collect();
        self.scale(&weights).ceil() as u64
    }

    fn all<N>(&self, members: &Members<N>) -> Vec<Point<u64>> {
        let weights: Vec<u32> = members.iter().map(|(_, weight)| weight.get()).collect();
        let scale = self.scale(&weights);
        let (mut current, mut target) = (0.0, 0.0);
        let mut points = Vec::with_capacity(scale as usize + 1);
        for slot in members.slots() {
            let mut label = [members.key(slot), b"_"].concat();
            let length = label.len();
            target += scale * share(members.weight(slot).get(), members.total_weight());
            let mut number: u64 = 0;
            while current < target {
                label.truncate(length);
                label.extend_from_slice(number.to_string().as_bytes());
                points.push((self.hash.hash(&label), slot.0));
                number += 1;
                current += 1.0;
            }
        }
        points
    }
}

fn share(weight: u32, total: u64) -> f64 {
    f64::from(weight) / total as f64
}

impl Envoy {
    /// How many points the whole ring has, perhaps with a fraction.
    fn scale(&self, weights: &[u32]) -> f64 {
        let total = weights.iter().map(|weight| u64::from(*weight)).sum();
        let Some(least) = weights.iter().min().map(|least| share(*least, total)) else {
            return 0.0;
        };
        let scale = (least * self.minimum_ring_size as f64).ceil() / least;
        scale.min(self.maximum_ring_size as f64)
    }
}
