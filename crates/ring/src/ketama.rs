//! A ring that places as libketama does.
//!
//! Model (`RJ/ketama`, `libketama/ketama.c`; the same in `dgryski/go-ketama` and the Perl module):
//! points are the four little-endian 32-bit words of MD5("label-k"), for k below
//! floor(share * 40 * nodes), the share in single precision, the product in double, the result
//! rounded to single before the floor, as C promotes them. A key is the first word of its own MD5.
//! The label is the node's key as it is: "ip:port" in libketama. Clients that call themselves
//! ketama and drop the default port, or append the weight, differ in the label only.
//!
//! Limits: shares are rounded, so a change of one node changes the points of other nodes: a change
//! builds the ring anew, and is not monotone when weights differ. A node whose share rounds to no
//! point owns nothing, and stands last in the order of every key. MD5 costs more than the search.
//! Where libketama sorts points that collide by chance, they stand here by node key.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::circle::{Circle, Dialect, sealed};
use crate::members::Members;
use crate::points::Point;
use crate::weight::Weight;

/// A ring that places as libketama does.
pub type KetamaRing<N> = Circle<N, Ketama>;

/// The rules of a [`KetamaRing`]: there is nothing to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ketama;

/// MD5 digests for each node of average weight; four points each.
const DIGESTS: f64 = 40.0;

impl Ketama {
    fn digests(weight: Weight, total: u64, nodes: usize) -> u64 {
        let share = weight.get() as f32 / total as f32;
        (f64::from(share) * DIGESTS * nodes as f64) as f32 as u64
    }
}

fn words(bytes: &[u8]) -> [u32; 4] {
    let digest = Md5::digest(bytes);
    let word = |at: usize| {
        u32::from_le_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]])
    };
    [word(0), word(4), word(8), word(12)]
}

impl Dialect for Ketama {
    const NAME: &'static str = "ketama";

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        u64::from(words(key)[0])
    }
}

impl sealed::Points for Ketama {
    type Position = u32;

    fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64 {
        // Shares are floored, so this is the most there can be.
        4 * DIGESTS as u64 * weights.count() as u64
    }

    fn all<N>(&self, members: &Members<N>) -> Vec<Point<u32>> {
        let mut points = Vec::with_capacity(members.len() * 4 * DIGESTS as usize);
        for slot in members.slots() {
            let weight = members.weight(slot);
            let mut label = [members.key(slot), b"-"].concat();
            let length = label.len();
            for number in 0..Ketama::digests(weight, members.total_weight(), members.len()) {
                label.truncate(length);
                label.extend_from_slice(number.to_string().as_bytes());
                points.extend(words(&label).map(|position| (position, slot.0)));
            }
        }
        points
    }
}
