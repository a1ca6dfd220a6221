//! The nodes of a placement, in one canonical order.
//!
//! Model: nodes stand sorted by the bytes of their keys, so the same set of nodes gives the same
//! slots whatever the order of insertion, and a [`Slot`] is a node's rank. A batch of edits is
//! first planned (checked as a whole, nothing changed), then committed, which cannot fail.
//!
//! Limits: slots are ranks, so they shift when nodes come and go; what outlives a change is the
//! key.

use std::collections::BTreeMap;

use crate::change::{ChangeError, WeightedEdit};
use crate::node::Identity;
use crate::weight::Weight;

/// The rank of a node among the [`Members`] of one view, by key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(pub(crate) u32);

impl Slot {
    /// The rank as an index.
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The nodes of a view, sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members<N> {
    entries: Vec<Member<N>>,
    zones: usize,
    total_weight: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member<N> {
    node: N,
    key: Box<[u8]>,
    zone: u32,
    weight: Weight,
}

/// What a planned batch does to one key, edits of the same key folded into one.
pub(crate) struct Touch<N> {
    before: Option<(u32, Weight)>,
    after: Option<(Option<N>, Weight)>,
}

/// A batch that was checked against the members and can be committed.
pub(crate) struct Plan<N> {
    touched: BTreeMap<Box<[u8]>, Touch<N>>,
    pub(crate) len_after: usize,
}

/// What a committed batch did: where every old slot went, and each key whose weight changed.
pub(crate) struct Committed {
    /// Old rank to new rank; [`Committed::GONE`] for a node that was removed.
    pub(crate) ranks: Vec<u32>,
    pub(crate) shifts: Vec<Shift>,
}

impl Committed {
    pub(crate) const GONE: u32 = u32::MAX;
}

/// A node that came, went, or changed its weight: its rank and weight before and after.
pub(crate) struct Shift {
    pub(crate) key: Box<[u8]>,
    pub(crate) before: Option<(u32, Weight)>,
    pub(crate) after: Option<(u32, Weight)>,
}

impl<N> Default for Members<N> {
    fn default() -> Self {
        Members { entries: Vec::new(), zones: 0, total_weight: 0 }
    }
}

impl<N> Members<N> {
    /// The most nodes one placement holds.
    pub const LIMIT: usize = 1 << 24;

    /// How many nodes there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The node at a slot of this view.
    ///
    /// # Panics
    /// If the slot is from a larger view.
    #[must_use]
    #[inline]
    pub fn node(&self, slot: Slot) -> &N {
        &self.entries[slot.index()].node
    }

    /// The key of the node at a slot.
    #[must_use]
    pub fn key(&self, slot: Slot) -> &[u8] {
        &self.entries[slot.index()].key
    }

    /// The weight of the node at a slot.
    #[must_use]
    #[inline]
    pub fn weight(&self, slot: Slot) -> Weight {
        self.entries[slot.index()].weight
    }

    /// The sum of all weights.
    #[must_use]
    pub fn total_weight(&self) -> u64 {
        self.total_weight
    }

    /// How many distinct zones there are; a node without a zone is a zone of its own.
    #[must_use]
    pub fn zones(&self) -> usize {
        self.zones
    }

    /// A number for the zone of a slot: equal numbers, same zone.
    #[inline]
    pub(crate) fn zone(&self, slot: Slot) -> u32 {
        self.entries[slot.index()].zone
    }

    /// The slot of the node with this key.
    #[must_use]
    pub fn slot(&self, key: &[u8]) -> Option<Slot> {
        let found = self.entries.binary_search_by(|member| (*member.key).cmp(key));
        found.ok().map(|rank| Slot(rank as u32))
    }

    /// All slots, in order.
    pub fn slots(&self) -> impl DoubleEndedIterator<Item = Slot> + ExactSizeIterator + use<N> {
        (0..self.len() as u32).map(Slot)
    }

    /// All nodes with their weights, by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&N, Weight)> + ExactSizeIterator {
        self.entries.iter().map(|member| (&member.node, member.weight))
    }

    /// For every slot here the slot of the same key there, if it is there: one merge of two lists.
    pub(crate) fn correspond<M>(&self, there: &Members<M>) -> Vec<Option<Slot>> {
        let mut rank = 0;
        let mut found = Vec::with_capacity(self.len());
        for member in &self.entries {
            while there.entries.get(rank).is_some_and(|other| other.key < member.key) {
                rank += 1;
            }
            let same = there.entries.get(rank).is_some_and(|other| other.key == member.key);
            found.push(same.then_some(Slot(rank as u32)));
        }
        found
    }
}

impl<N: Identity> Members<N> {
    /// Checks a batch against these members, one edit after the other, and changes nothing.
    pub(crate) fn plan(
        &self,
        edits: impl IntoIterator<Item = WeightedEdit<N>>,
    ) -> Result<Plan<N>, ChangeError> {
        let mut plan = Plan { touched: BTreeMap::new(), len_after: self.len() };
        for edit in edits {
            let key: Box<[u8]> = match &edit {
                WeightedEdit::Add(node, _) => node.key().into(),
                WeightedEdit::Remove(key) | WeightedEdit::SetWeight(key, _) => {
                    key.as_slice().into()
                }
            };
            let before = self.slot(&key).map(|slot| (slot.0, self.weight(slot)));
            let untouched = Touch { before, after: before.map(|(_, weight)| (None, weight)) };
            let touch = plan.touched.entry(key).or_insert(untouched);
            let unknown = touch.after.is_none();
            match edit {
                WeightedEdit::Add(node, _) if !unknown => {
                    return Err(ChangeError::Duplicate { key: node.key().into_owned() });
                }
                WeightedEdit::Remove(key) | WeightedEdit::SetWeight(key, _) if unknown => {
                    return Err(ChangeError::Unknown { key });
                }
                WeightedEdit::Add(node, weight) => {
                    touch.after = Some((Some(node), weight));
                    plan.len_after += 1;
                }
                WeightedEdit::Remove(_) => {
                    touch.after = None;
                    plan.len_after -= 1;
                }
                WeightedEdit::SetWeight(_, weight) => {
                    touch.after = touch.after.take().map(|(node, _)| (node, weight));
                }
            }
        }
        if plan.len_after > Members::<N>::LIMIT {
            return Err(ChangeError::TooManyNodes {
                asked: plan.len_after,
                limit: Members::<N>::LIMIT,
            });
        }
        Ok(plan)
    }

    /// The weights that there will be once a plan is carried out, in no particular order.
    pub(crate) fn weights_after<'a>(
        &'a self,
        plan: &'a Plan<N>,
    ) -> impl Iterator<Item = Weight> + use<'a, N> {
        let kept = self.entries.iter().filter(|member| !plan.touched.contains_key(&member.key));
        let touched = plan.touched.values().filter_map(|touch| touch.after.as_ref());
        kept.map(|member| member.weight).chain(touched.map(|(_, weight)| *weight))
    }

    /// Takes one node out.
    pub(crate) fn take(&mut self, slot: Slot) -> N {
        let member = self.entries.remove(slot.index());
        self.settle();
        member.node
    }

    /// Carries a plan out: one merge of the old entries, moved rather than cloned, with the new.
    pub(crate) fn commit(&mut self, plan: Plan<N>) -> Committed {
        let old = std::mem::take(&mut self.entries);
        let mut merge = Merge {
            entries: Vec::with_capacity(plan.len_after),
            committed: Committed {
                ranks: Vec::with_capacity(old.len()),
                shifts: Vec::with_capacity(plan.touched.len()),
            },
        };
        let mut touched = plan.touched.into_iter().peekable();
        for member in old {
            while let Some((key, touch)) = touched.next_if(|(key, _)| *key < member.key) {
                merge.touch(key, touch, None);
            }
            match touched.next_if(|(key, _)| *key == member.key) {
                Some((key, touch)) => merge.touch(key, touch, Some(member)),
                None => merge.keep(member),
            }
        }
        for (key, touch) in touched {
            merge.touch(key, touch, None);
        }
        self.entries = merge.entries;
        self.settle();
        merge.committed
    }

    /// Renews what depends on all entries: zone numbers and the total weight.
    fn settle(&mut self) {
        self.total_weight = self.entries.iter().map(|member| u64::from(member.weight.get())).sum();
        let mut names: BTreeMap<&str, u32> = BTreeMap::new();
        let mut next = 0;
        let mut numbers = Vec::with_capacity(self.entries.len());
        for member in &self.entries {
            let fresh = next;
            let number = match member.node.zone() {
                Some(name) => *names.entry(name).or_insert(fresh),
                None => fresh,
            };
            next += u32::from(number == fresh);
            numbers.push(number);
        }
        self.zones = next as usize;
        for (member, number) in self.entries.iter_mut().zip(numbers) {
            member.zone = number;
        }
    }
}

struct Merge<N> {
    entries: Vec<Member<N>>,
    committed: Committed,
}

impl<N> Merge<N> {
    fn keep(&mut self, member: Member<N>) {
        self.committed.ranks.push(self.entries.len() as u32);
        self.entries.push(member);
    }

    fn touch(&mut self, key: Box<[u8]>, touch: Touch<N>, old: Option<Member<N>>) {
        let rank = self.entries.len() as u32;
        if old.is_some() {
            self.committed.ranks.push(if touch.after.is_some() { rank } else { Committed::GONE });
        }
        let after = touch.after.as_ref().map(|(_, weight)| (rank, *weight));
        if let Some((fresh, weight)) = touch.after
            && let Some(node) = fresh.or(old.map(|member| member.node))
        {
            self.entries.push(Member { node, key: key.clone(), zone: 0, weight });
        }
        self.committed.shifts.push(Shift { key, before: touch.before, after });
    }
}
