//! What the schemes make of a list of nodes: balance beside theory, and keys moved by a change.
//!
//! Model: a number of keys is placed by every scheme; a node's share is its count over what its
//! weight entitles it to. The standard error is the root of the mean square of share - 1 (weighted
//! by entitlement), the peak the largest share. What is expected of both is in
//! [`theory`](self::theory). A scheme that cannot hold the nodes is left out, and says why.
//!
//! Limits: floats throughout, fit to be shown and not to decide anything. Jump and anchor know no
//! weights and are measured against equal shares.

mod theory;

use serde::Serialize;

use self::theory::{Law, Theory};
use crate::anchor::{Anchor, AnchorRules};
use crate::assignment::Assignment;
use crate::bounded::LoadFactor;
use crate::change::{Append, Change, ChangeError, Edit};
use crate::circle::{Circle, Dialect};
use crate::envoy::Envoy;
use crate::hash::{KeyHash, mix};
use crate::jump::{Jump, JumpRules};
use crate::ketama::Ketama;
use crate::maglev::{Maglev, MaglevRules};
use crate::members::Slot;
use crate::multi_probe::{MultiProbe, ProbeRules};
use crate::nginx::Nginx;
use crate::node::Node;
use crate::placement::Placement;
use crate::rendezvous::{Rendezvous, RendezvousRules};
use crate::ring::{Ring, VirtualNodes};
use crate::weight::Weight;

/// What one scheme makes of the nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Surveyed {
    /// The scheme, with its main parameter.
    pub scheme: String,
    /// Whether it heeds weights.
    pub weighted: bool,
    /// How many keys were placed: fewer than elsewhere where each is remembered.
    pub keys: u64,
    /// The largest share.
    pub peak: f64,
    /// What theory expects of the largest share, if it says.
    pub peak_expected: Option<f64>,
    /// What the largest share cannot exceed, if there is a limit.
    pub peak_limit: Option<f64>,
    /// The standard error of the shares.
    pub error: f64,
    /// What theory expects of it, if it says.
    pub error_expected: Option<f64>,
    /// The node that leaves.
    pub leaves: String,
    /// The part of all keys that moves when it leaves.
    pub moved_by_leaving: f64,
    /// The part that was on that node, and so had to move.
    pub leaving_had: f64,
    /// The part of all keys that moves when a node of weight one joins.
    pub moved_by_joining: f64,
    /// The part that is on that node, and so had to move.
    pub joining_has: f64,
    /// The share of every node, in the order of [`Survey::nodes`].
    pub shares: Vec<f64>,
}

/// A scheme that cannot hold the nodes, or one more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The scheme, with its main parameter.
    pub scheme: String,
    /// Why.
    pub reason: String,
}

/// What the schemes make of a list of nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// The nodes' names, sorted.
    pub nodes: Vec<String>,
    /// Their weights.
    pub weights: Vec<Weight>,
    /// How many keys were placed.
    pub keys: u64,
    /// The name of the node that joins.
    pub joins: String,
    /// One entry a scheme.
    pub schemes: Vec<Surveyed>,
    /// The schemes that are not among them.
    pub left_out: Vec<LeftOut>,
}

/// How far a survey has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surveying<'a> {
    /// The scheme that places keys.
    pub scheme: &'a str,
    /// How many keys were placed, by all schemes so far.
    pub placed: u64,
    /// How many there are to place.
    pub all: u64,
}

/// The reasons for which a survey fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// Two nodes have the same name, which no scheme accepts.
    #[error(transparent)]
    Nodes(#[from] ChangeError),
    /// The callback `go_on` returned `false`.
    #[error("the survey was stopped")]
    Stopped,
}

/// Places `keys` keys on the nodes by every scheme. Every 1,024 keys `go_on` is called with the
/// progress, and returns whether to continue.
///
/// # Errors
/// [`SurveyError`] if two nodes have one name, or `go_on` returns `false`.
pub fn survey(
    nodes: &[(Node, Weight)],
    keys: u64,
    go_on: &dyn Fn(Surveying<'_>) -> bool,
) -> Result<Survey, SurveyError> {
    // Rendezvous holds whatever can be held.
    let all = Rendezvous::with_nodes(RendezvousRules::default(), nodes.iter().cloned())?;
    let members = all.members();
    let keys = keys.max(1);
    let few = keys.min(Task::REMEMBERED);
    let mut task = Task {
        nodes,
        keys,
        joiner: joiner(nodes),
        scheme: "",
        placed: 0,
        all: keys * (SCHEMES.len() as u64 - 1) + 2 * few,
        go_on,
    };
    let (mut schemes, mut left_out) = (Vec::new(), Vec::new());
    for (scheme, place) in SCHEMES {
        task.scheme = scheme;
        match place(&mut task) {
            Ok(row) => schemes.push(row),
            Err(SurveyError::Stopped) => return Err(SurveyError::Stopped),
            Err(SurveyError::Nodes(why)) => {
                left_out.push(LeftOut { scheme: scheme.to_owned(), reason: why.to_string() });
            }
        }
    }
    Ok(Survey {
        nodes: members.iter().map(|(node, _)| node.name.clone()).collect(),
        weights: members.iter().map(|(_, weight)| weight).collect(),
        keys,
        joins: task.joiner.name,
        schemes,
        left_out,
    })
}

/// A node of a name that no other has.
fn joiner(nodes: &[(Node, Weight)]) -> Node {
    let mut name = "a node that joins".to_owned();
    while nodes.iter().any(|(node, _)| node.name == name) {
        name.push('\'');
    }
    Node::new(name)
}

type Row = Result<Surveyed, SurveyError>;

/// Places all keys by one scheme.
type Place = fn(&mut Task<'_>) -> Row;

/// Every scheme, with its main parameter.
const SCHEMES: [(&str, Place); 10] = [
    ("ring, 160 points", |task| task.circle(VirtualNodes::default())),
    ("ketama", |task| task.circle(Ketama)),
    ("nginx", |task| task.circle(Nginx)),
    ("envoy, 1024 points", |task| task.circle(Envoy::default())),
    ("maglev, 65537 entries", |task| {
        let maglev = Maglev::with_nodes(MaglevRules::default(), task.list())?;
        let entries = counted(maglev.len(), maglev.table());
        task.changed(&Law::Entries(entries), &maglev)
    }),
    ("rendezvous", |task| {
        let rendezvous = Rendezvous::with_nodes(RendezvousRules::default(), task.list())?;
        task.changed(&Law::Dealt, &rendezvous)
    }),
    ("multi-probe, 21 probes", |task| {
        let rules = ProbeRules::default();
        let probes = MultiProbe::with_nodes(rules, task.list())?;
        task.changed(&Law::Probes(rules.probes()), &probes)
    }),
    ("anchor", |task| {
        let (hash, nodes) = (KeyHash::default(), task.nodes.len());
        let capacity = u32::try_from(nodes + nodes / 4 + 4).unwrap_or(u32::MAX);
        let anchor = Anchor::with_nodes(AnchorRules { hash, capacity }, task.names())?;
        task.unweighted(&anchor)
    }),
    ("jump", |task| task.jump()),
    ("ring, loads bounded by 1.25", |task| task.bounded()),
];

/// How often each slot is listed.
fn counted(slots: usize, list: impl Iterator<Item = Slot>) -> Vec<u64> {
    let mut counts = vec![0; slots];
    list.for_each(|slot| counts[slot.index()] += 1);
    counts
}

struct Task<'a> {
    nodes: &'a [(Node, Weight)],
    keys: u64,
    joiner: Node,
    scheme: &'static str,
    placed: u64,
    all: u64,
    go_on: &'a dyn Fn(Surveying<'_>) -> bool,
}

impl<'a> Task<'a> {
    /// The most keys that an assignment is given, which remembers each.
    const REMEMBERED: u64 = 20_000;

    fn list(&self) -> impl Iterator<Item = (Node, Weight)> + use<'a> {
        self.nodes.iter().cloned()
    }

    fn names(&self) -> impl Iterator<Item = Node> + use<'a> {
        self.list().map(|(node, _)| node)
    }

    /// Calls `place` with the first `keys` keys. They are words of a generator, so they are the
    /// same on every run.
    ///
    /// # Errors
    /// [`SurveyError::Stopped`] if `go_on` returns `false`; it is called every 1,024 keys.
    fn each_key(&mut self, keys: u64, mut place: impl FnMut(u64)) -> Result<(), SurveyError> {
        for key in 0..keys {
            if self.placed.is_multiple_of(1024) {
                let (scheme, placed, all) = (self.scheme, self.placed, self.all);
                if !(self.go_on)(Surveying { scheme, placed, all }) {
                    return Err(SurveyError::Stopped);
                }
            }
            place(mix(key ^ 0x5371_7561_6c6c));
            self.placed += 1;
        }
        Ok(())
    }

    fn circle<D: Dialect>(&mut self, dialect: D) -> Row {
        let ring = Circle::with_nodes(dialect, self.list())?;
        let points = counted(ring.len(), ring.store().iter().map(|(_, slot)| slot));
        self.changed(&Law::Points(points), &ring)
    }

    fn changed<S: Change<Node = Node> + Clone>(&mut self, law: &Law, placement: &S) -> Row {
        let (mut without, mut with) = (placement.clone(), placement.clone());
        if let Some(slot) = placement.members().slots().next() {
            without.remove(placement.members().key(slot))?;
        }
        with.add(self.joiner.clone())?;
        self.compared(law, true, &Views { placement, without: &without, with: &with })
    }

    fn unweighted(&mut self, anchor: &Anchor<Node>) -> Row {
        Ok(Surveyed { weighted: false, ..self.changed(&Law::Dealt, anchor)? })
    }

    fn jump(&mut self) -> Row {
        let jump = Jump::with_nodes(JumpRules::default(), self.names())?;
        let (mut without, mut with) = (jump.clone(), jump.clone());
        without.pop();
        with.push(self.joiner.clone())?;
        self.compared(
            &Law::Dealt,
            false,
            &Views { placement: &jump, without: &without, with: &with },
        )
    }

    fn compared<S: Placement<Node = Node>>(
        &mut self,
        law: &Law,
        weighted: bool,
        views: &Views<'_, S>,
    ) -> Row {
        let Views { placement, without, with } = *views;
        let mut counts = vec![0_u64; placement.len()];
        let mut sums = Movement::new(&self.joiner, placement, without);
        self.each_key(self.keys, |hash| {
            if let Some(slot) = placement.place(hash) {
                counts[slot.index()] += 1;
            }
            sums.count([placement, without, with].map(|view| view.get_hash(hash)));
        })?;
        let weights: Vec<Weight> = placement.members().iter().map(|(_, weight)| weight).collect();
        let theory = law.expects(&weights, self.keys);
        Ok(self.figures(weighted, theory, &counts, &weights, &sums))
    }

    /// Keys assigned under a bound.
    fn bounded(&mut self) -> Row {
        let ring = Ring::with_nodes(VirtualNodes::default(), self.list())?;
        let keys = self.keys.min(Task::REMEMBERED);
        let first = ring.members().slots().next().map(|slot| ring.members().key(slot).to_vec());
        let weights: Vec<Weight> = ring.members().iter().map(|(_, weight)| weight).collect();
        let factor = LoadFactor::QUARTER_ABOVE;
        let mut before = Assignment::new(ring, factor);
        self.each_key(keys, |hash| {
            before.insert(&hash.to_le_bytes());
        })?;
        let counts: Vec<u64> = before.loads().map(|(_, load, _)| load).collect();
        let (mut without, mut with) = (before.clone(), before.clone());
        if let Some(key) = first {
            without.apply(vec![Edit::Remove(key).into()])?;
        }
        with.apply(vec![Edit::Add(self.joiner.clone()).into()])?;
        let joiner = self.joiner.clone();
        let mut sums = Movement::new(&joiner, before.placement(), without.placement());
        self.each_key(keys, |hash| {
            let key = hash.to_le_bytes();
            sums.count([before.get(&key), without.get(&key), with.get(&key)]);
        })?;
        let theory = Law::Bounded(factor).expects(&weights, keys);
        Ok(self.figures(true, theory, &counts, &weights, &sums))
    }

    fn figures(
        &self,
        weighted: bool,
        theory: Theory,
        counts: &[u64],
        weights: &[Weight],
        sums: &Movement<'_>,
    ) -> Surveyed {
        let keys = counts.iter().sum::<u64>();
        let many = keys.max(1) as f64;
        let total: f64 = weights.iter().map(|own| f64::from(own.get())).sum();
        let parts: Vec<f64> = weights.iter().map(|own| f64::from(own.get()) / total).collect();
        let both = counts.iter().zip(&parts);
        let shares: Vec<f64> = both.map(|(count, part)| *count as f64 / (many * part)).collect();
        let square = |(share, part): (&f64, &f64)| (share - 1.0).powi(2) * part;
        Surveyed {
            scheme: self.scheme.to_owned(),
            weighted,
            keys,
            peak: shares.iter().copied().fold(0.0, f64::max),
            peak_expected: theory.peak,
            peak_limit: theory.peak_limit,
            error: shares.iter().zip(&parts).map(square).sum::<f64>().sqrt(),
            error_expected: theory.error,
            leaves: sums.leaver.map_or_else(String::new, |node| node.name.clone()),
            moved_by_leaving: sums.left as f64 / many,
            leaving_had: sums.had as f64 / many,
            moved_by_joining: sums.joined as f64 / many,
            joining_has: sums.has as f64 / many,
            shares,
        }
    }
}

/// A placement, the same without one of its nodes, and the same with one more.
struct Views<'a, S> {
    placement: &'a S,
    without: &'a S,
    with: &'a S,
}

/// Keys that moved, and keys that had to move.
struct Movement<'a> {
    leaver: Option<&'a Node>,
    joiner: Node,
    left: u64,
    had: u64,
    joined: u64,
    has: u64,
}

impl<'a> Movement<'a> {
    /// Between a view, one without one of its nodes, and one with the joiner.
    fn new<S: Placement<Node = Node>>(joiner: &Node, view: &'a S, without: &S) -> Movement<'a> {
        let gone = |node: &&Node| without.members().slot(node.name.as_bytes()).is_none();
        let leaver = view.members().iter().map(|(node, _)| node).find(gone);
        Movement { leaver, joiner: joiner.clone(), left: 0, had: 0, joined: 0, has: 0 }
    }

    fn count(&mut self, [before, left, joined]: [Option<&Node>; 3]) {
        self.left += u64::from(before != left);
        self.had += u64::from(before.is_some() && before == self.leaver);
        self.joined += u64::from(before != joined);
        self.has += u64::from(joined == Some(&self.joiner));
    }
}
