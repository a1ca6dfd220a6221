//! Consistent hashing and the load balancing built on it: pure, exact, fast.
//!
//! # The contract
//!
//! A **node** is known by the bytes of its key ([`Identity`]); it may stand in a zone and has a
//! [`Weight`]. A **placement** ([`Placement`]) is a pure function from the 64-bit hash of a key to
//! a node, fixed by a scheme's rules and the set of its nodes:
//!
//! - the same nodes and rules place every key alike, in any process, on any machine, in any
//!   release, whatever the order in which the nodes came (but for [`Jump`], whose buckets are
//!   numbered in order, and [`Anchor`], whose buckets depend on history; their views say so);
//! - looking up allocates nothing and cannot fail: no nodes, no answer, never a panic;
//! - several nodes for one key are distinct, in zone if wanted, the owner first; asking for more
//!   than there are is an error ([`Shortage`]), never a shorter list;
//! - a change ([`Change`]) is a batch that happens as a whole or not at all, and raises the version
//!   by one. What a scheme cannot do it has no method for;
//! - where nodes own ranges ([`Ranges`]), [`diff`] says exactly which ranges move where.
//!
//! The caller brings time and chance as arguments, keeps node keys unique and stable, and gives all
//! machines the same rules or the same view ([`Viewed`]).
//!
//! # The schemes
//!
//! | | lookup | change | weights | ranges |
//! |---|---|---|---|---|
//! | [`Ring`], virtual nodes | O(1) expected | any | points | yes |
//! | [`KetamaRing`], [`NginxRing`], [`EnvoyRing`] | O(1) expected | any | as theirs | yes |
//! | [`Maglev`] | O(1) | any, rebuilds | yes | yes |
//! | [`Rendezvous`] | O(n) | any | exact | by [`Partitioned`] |
//! | [`MultiProbe`] | O(k) | any | points | by [`Partitioned`] |
//! | [`Anchor`] | O(1) expected | any, capacity fixed | no | by [`Partitioned`] |
//! | [`Jump`] | O(log n) | last node only | no | by [`Partitioned`] |
//!
//! On top: [`Bounded`] and [`Assignment`] (no node above c times the average), [`Balancer`]
//! (health, slow start, panic, retries), [`Snapshot`] (readers that never wait), [`survey()`]
//! (figures for a list of nodes). Which to choose, and what is measured, is in `docs/ring.md`.
//!
//! ```
//! use squall_ring::{Change, Node, Placement, Ring, Spread, VirtualNodes, Weight, diff};
//!
//! let nodes = [("a", "left"), ("b", "left"), ("c", "right"), ("d", "right")];
//! let nodes = nodes.map(|(name, zone)| (Node::new(name).in_zone(zone), Weight::ONE));
//! let old = Ring::with_nodes(VirtualNodes::default(), nodes)?;
//!
//! let owner = old.get(b"some key").expect("four nodes");
//! let replicas = old.get_spread(b"some key", 2, Spread::Zones).expect("two zones");
//! assert_eq!(replicas[0], owner);
//! assert_ne!(replicas[0].zone, replicas[1].zone);
//!
//! let mut new = old.clone();
//! new.add(Node::new("e"))?;
//! let moves = diff(&old, &new).expect("the same rules");
//! assert!(moves.iter().all(|moved| moved.to == Some(&Node::new("e"))));
//! # Ok::<(), squall_ring::ChangeError>(())
//! ```

mod anchor;
mod assignment;
mod balancer;
mod bounded;
mod change;
mod circle;
#[cfg(feature = "draw")]
pub mod draw;
mod envoy;
mod hash;
mod jump;
mod ketama;
mod maglev;
mod members;
mod multi_probe;
mod nginx;
mod node;
mod owners;
mod partition;
mod placement;
mod points;
mod range;
mod rendezvous;
mod ring;
mod snapshot;
mod survey;
mod view;
mod weight;

pub use anchor::{Anchor, AnchorNodes, AnchorRules};
pub use assignment::Assignment;
pub use balancer::{Balancer, BalancerRules, Health, HealthError, Refusal, SlowStart, Traffic};
pub use bounded::{Bounded, LoadError, LoadFactor, LoadFactorError};
pub use change::{Append, Change, ChangeError, Edit, Reweigh, WeightedEdit};
pub use circle::{Circle, Dialect};
pub use envoy::{Envoy, EnvoyRing, RingSizeError};
pub use hash::KeyHash;
pub use jump::{Jump, JumpRules, jump_bucket};
pub use ketama::{Ketama, KetamaRing};
pub use maglev::{Entry, Maglev, MaglevRules, TableError, Turn, maglev_table};
pub use members::{Members, Slot};
pub use multi_probe::{MultiProbe, ProbeError, ProbeRules};
pub use nginx::{Nginx, NginxRing};
pub use node::{Identity, Node};
pub use partition::Partitioned;
pub use placement::{Placement, Shortage, Spread};
pub use range::{Incomparable, KeyRange, Move, OwnedRange, Ranges, diff};
pub use rendezvous::{Rendezvous, RendezvousRules, rendezvous_cost};
pub use ring::{Ring, VirtualNodes};
pub use snapshot::{Reader, Snapshot};
pub use survey::{LeftOut, Survey, SurveyError, Surveyed, Surveying, survey};
pub use view::{FORMAT, View, ViewError, Viewed};
pub use weight::{Weight, WeightError};

/// The examples of `docs/ring.md`, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/ring.md")]
pub struct RingDocument;
