//! A ring that places as nginx does with `hash ... consistent`.
//!
//! Model (`nginx/nginx`, `src/http/modules/ngx_http_upstream_hash_module.c`): CRC-32 over host,
//! NUL, port and the previous point, least significant byte first, starting from zero, 160 points
//! for each unit of weight; a key is its CRC-32. Cache::Memcached::Fast is the same. The node's key
//! is the server as written in the configuration: "host:port", "host", or "unix:path".
//!
//! Limits: where points collide nginx keeps one of them, whichever its sort leaves first; here all
//! are kept and the one with the least node key owns. Failed servers are the business of a
//! [`Balancer`](crate::Balancer).

use serde::{Deserialize, Serialize};

use crate::circle::{Circle, Dialect, sealed};
use crate::members::Members;
use crate::points::Point;
use crate::weight::Weight;

/// A ring that places as nginx does.
pub type NginxRing<N> = Circle<N, Nginx>;

/// The rules of a [`NginxRing`]: there is nothing to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nginx;

/// Points for each unit of weight.
const POINTS: u64 = 160;

impl Dialect for Nginx {
    const NAME: &'static str = "nginx";

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        u64::from(crc32fast::hash(key))
    }
}

impl sealed::Points for Nginx {
    type Position = u32;

    fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64 {
        weights.map(|weight| POINTS * u64::from(weight.get())).sum()
    }

    fn all<N>(&self, members: &Members<N>) -> Vec<Point<u32>> {
        let points = members
            .slots()
            .filter_map(|slot| self.between(members.key(slot), slot.0, None, members.weight(slot)));
        points.flatten().collect()
    }

    fn between(
        &self,
        key: &[u8],
        rank: u32,
        from: Option<Weight>,
        to: Weight,
    ) -> Option<Vec<Point<u32>>> {
        let (host, port) = host_and_port(key);
        let mut base = crc32fast::Hasher::new();
        base.update(host);
        base.update(&[0]);
        base.update(port);
        let mut previous: u32 = 0;
        let chain = core::iter::repeat_with(|| {
            let mut hasher = base.clone();
            hasher.update(&previous.to_le_bytes());
            previous = hasher.finalize();
            (previous, rank)
        });
        let (from, to) = (from.map_or(0, Weight::get), to.get());
        let (skip, upto) = (POINTS * u64::from(from), POINTS * u64::from(to));
        Some(chain.take(upto as usize).skip(skip as usize).collect())
    }
}

/// What nginx takes for host and port: behind the last colon if only digits follow it, and after
/// "unix:" all is host.
fn host_and_port(server: &[u8]) -> (&[u8], &[u8]) {
    if server.len() >= 5 && server[..5].eq_ignore_ascii_case(b"unix:") {
        return (&server[5..], b"");
    }
    let digits = server.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match server.len().checked_sub(digits + 1) {
        Some(colon) if server[colon] == b':' => (&server[..colon], &server[colon + 1..]),
        _ => (server, b""),
    }
}
