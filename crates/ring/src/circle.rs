//! Rings of points: one implementation, four dialects.
//!
//! Model (Karger et al., STOC 1997, section 4; Dynamo section 4.2): every node stands on the
//! circle of hashes at several points; a hash belongs to the first point at or behind it, after
//! the last point to the first. The preference order is the order of the points from there on,
//! each node once, and after them the nodes that have no point (where shares are rounded a light
//! node may have none), by key. A [`Dialect`] says where the points are and how a key is hashed;
//! everything else, lookup, change, ranges, is here. Points that collide are all kept, ordered by
//! (position, node key), and a point is removed by its identity.
//!
//! Costs, n nodes of c points: lookup O(1) expected; a change copies the arrays once, O(cn) plus
//! sorting what is new; see [`points`](crate::points) for the memory.

use crate::change::{Change, ChangeError, WeightedEdit, additions};
use crate::members::{Committed, Members, Slot};
use crate::node::Identity;
use crate::placement::{Chosen, Placement, Spread};
use crate::points::{LIMIT, Point, Points, Position};
use crate::range::Ranges;
use crate::view::{View, ViewError, Viewed};
use crate::weight::Weight;

/// How a kind of ring hashes keys and where it puts points.
pub trait Dialect: Clone + PartialEq + sealed::Points {
    /// The scheme's name in a view.
    const NAME: &'static str;

    /// The hash of a key. Rings of 32 bits return what fits in them.
    fn hash_key(&self, key: &[u8]) -> u64;

    /// Whether these rules can be, wherever they come from.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

pub(crate) mod sealed {
    use super::{Members, Point, Position, Weight};

    /// Where a dialect puts points.
    pub trait Points {
        #[allow(private_bounds, reason = "sealed: nothing outside names a position")]
        type Position: Position;

        /// How many points the ring has if its nodes have these weights.
        fn count(&self, weights: &mut dyn Iterator<Item = Weight>) -> u64;

        /// All points of a set of nodes.
        fn all<N>(&self, members: &Members<N>) -> Vec<Point<Self::Position>>;

        /// Returns the points that a node has at weight `to` and not at weight `from`, if they
        /// depend on that node alone. Returns `None` if a change of one node moves points of other
        /// nodes.
        fn between(
            &self,
            _key: &[u8],
            _rank: u32,
            _from: Option<Weight>,
            _to: Weight,
        ) -> Option<Vec<Point<Self::Position>>> {
            None
        }
    }
}

/// A ring of points in some dialect. Use it by its names: [`Ring`](crate::Ring),
/// [`KetamaRing`](crate::KetamaRing), [`NginxRing`](crate::NginxRing),
/// [`EnvoyRing`](crate::EnvoyRing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle<N, D: Dialect> {
    dialect: D,
    members: Members<N>,
    points: Points<D::Position>,
    version: u64,
}

impl<N: Identity, D: Dialect> Circle<N, D> {
    /// An empty ring.
    #[must_use]
    pub fn new(dialect: D) -> Self {
        Circle { dialect, members: Members::default(), points: Points::empty(), version: 0 }
    }

    /// A ring of these nodes, as its first change.
    ///
    /// # Errors
    /// As for [`Change::apply`].
    pub fn with_nodes(
        dialect: D,
        nodes: impl IntoIterator<Item = (N, Weight)>,
    ) -> Result<Self, ChangeError> {
        let mut ring = Circle::new(dialect);
        ring.apply(additions(nodes))?;
        Ok(ring)
    }

    /// The configuration of this ring.
    #[must_use]
    pub fn dialect(&self) -> &D {
        &self.dialect
    }

    /// All points in order: position and node.
    pub fn points(&self) -> impl Iterator<Item = (u64, &N)> {
        self.points.iter().map(|(position, slot)| (position.widen(), self.members.node(slot)))
    }

    /// The point that owns a hash: its position and its node.
    #[must_use]
    pub fn locate(&self, hash: u64) -> Option<(u64, &N)> {
        let at = self.points.find(D::Position::narrow(hash))?;
        let (position, slot) = (self.points.position(at), self.points.owner(at));
        Some((position.widen(), self.members.node(slot)))
    }

    /// The bytes that points, owners and index take.
    #[must_use]
    pub fn point_bytes(&self) -> usize {
        self.points.bytes()
    }

    /// The points, for schemes built on a ring.
    pub(crate) fn store(&self) -> &Points<D::Position> {
        &self.points
    }

    /// The lists of points that a committed change drops and adds; none where the dialect's points
    /// do not depend on each node alone.
    fn local_change(&self, committed: &Committed) -> Option<Splicing<D::Position>> {
        let (mut dropped, mut added) = (Vec::new(), Vec::new());
        for shift in &committed.shifts {
            let (before, after) = (shift.before, shift.after);
            let weight = |side: Option<(u32, Weight)>| side.map(|(_, weight)| weight);
            if let Some((rank, to)) = after {
                added.extend(self.dialect.between(&shift.key, rank, weight(before), to)?);
            }
            if let Some((rank, to)) = before {
                dropped.extend(self.dialect.between(&shift.key, rank, weight(after), to)?);
            }
        }
        Some((dropped, added))
    }
}

type Splicing<P> = (Vec<Point<P>>, Vec<Point<P>>);

impl<N: Identity, D: Dialect> Placement for Circle<N, D> {
    type Node = N;

    #[inline]
    fn members(&self) -> &Members<N> {
        &self.members
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn same_rules(&self, other: &Self) -> bool {
        self.dialect == other.dialect
    }

    #[inline]
    fn hash_key(&self, key: &[u8]) -> u64 {
        self.dialect.hash_key(key)
    }

    #[inline]
    fn place(&self, hash: u64) -> Option<Slot> {
        self.points.find(D::Position::narrow(hash)).map(|at| self.points.owner(at))
    }

    fn place_many(&self, hash: u64, spread: Spread, out: &mut [Slot]) -> usize {
        let mut chosen = Chosen::new(out, spread);
        if let Some(at) = self.points.find(D::Position::narrow(hash)) {
            let around = self.points.iter_from(at).map(|(_, slot)| slot);
            for slot in around.chain(self.members.slots()) {
                if chosen.full(&self.members) {
                    break;
                }
                chosen.offer(&self.members, slot);
            }
        }
        chosen.found()
    }
}

impl<N: Identity, D: Dialect> Change for Circle<N, D> {
    type Edit = WeightedEdit<N>;

    fn apply(&mut self, batch: Vec<WeightedEdit<N>>) -> Result<u64, ChangeError> {
        if batch.is_empty() {
            return Ok(self.version);
        }
        let plan = self.members.plan(batch)?;
        let asked = self.dialect.count(&mut self.members.weights_after(&plan));
        if asked > LIMIT {
            return Err(ChangeError::TooManyPoints { asked, limit: LIMIT });
        }
        let committed = self.members.commit(plan);
        let nodes = self.members.len();
        self.points = match self.local_change(&committed) {
            Some((dropped, added)) if self.points.len() > 0 => {
                self.points.merged(dropped, added, &committed.ranks, nodes)
            }
            _ => Points::build(self.dialect.all(&self.members), nodes),
        };
        self.version += 1;
        Ok(self.version)
    }
}

impl<N: Identity, D: Dialect> Ranges for Circle<N, D> {
    fn last_hash(&self) -> u64 {
        D::Position::LAST.widen()
    }

    fn pieces(&self) -> Vec<(u64, Slot)> {
        let mut pieces: Vec<(u64, Slot)> = Vec::with_capacity(self.points.len() + 1);
        for (position, slot) in self.points.iter() {
            // Of points at one position the first owns; the others wait for its removal.
            if pieces.last().is_none_or(|piece| piece.0 < position.widen()) {
                pieces.push((position.widen(), slot));
            }
        }
        if let (Some(&(_, first)), Some(&(last, _))) = (pieces.first(), pieces.last())
            && last < self.last_hash()
        {
            pieces.push((self.last_hash(), first));
        }
        pieces
    }
}

impl<N: Identity + Clone, D: Dialect> Viewed for Circle<N, D> {
    type Rules = D;
    type Nodes = Vec<(N, Weight)>;

    fn view(&self) -> View<D, Self::Nodes> {
        let nodes = self.members.iter().map(|(node, weight)| (node.clone(), weight)).collect();
        View::new(D::NAME, self.version, self.dialect.clone(), nodes)
    }

    fn from_view(view: View<D, Self::Nodes>) -> Result<Self, ViewError> {
        view.check(D::NAME)?;
        view.rules.check().map_err(ViewError::Rules)?;
        let mut ring = Circle::with_nodes(view.rules, view.nodes)?;
        ring.version = view.version;
        Ok(ring)
    }
}
