//! A map from slots to values for a log whose slots lie close together and are given up from the
//! front: a ring of places, so that storing and finding cost no allocation in steady state.

use std::collections::VecDeque;

use crate::log::Slot;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Slots<T> {
    /// The slot of the first place. Nothing below it is kept.
    first: Slot,
    places: VecDeque<Option<T>>,
}

impl<T> Slots<T> {
    /// Returns an empty map that keeps slots from `first` on.
    pub(crate) const fn starting_at(first: Slot) -> Self {
        Self { first, places: VecDeque::new() }
    }

    /// Returns the lowest slot that can be kept.
    pub(crate) const fn first(&self) -> Slot {
        self.first
    }

    fn index(&self, slot: Slot) -> Option<usize> {
        usize::try_from(slot.0.checked_sub(self.first.0)?).ok()
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&T> {
        self.places.get(self.index(slot)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        let index = self.index(slot)?;
        self.places.get_mut(index)?.as_mut()
    }

    /// Keeps `value` for `slot`. Does nothing if the slot was given up.
    pub(crate) fn insert(&mut self, slot: Slot, value: T) {
        let Some(index) = self.index(slot) else {
            return;
        };
        while self.places.len() <= index {
            self.places.push_back(None);
        }
        self.places[index] = Some(value);
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        let index = self.index(slot)?;
        self.places.get_mut(index)?.take()
    }

    /// Gives up all slots up to and including `slot`.
    pub(crate) fn give_up_through(&mut self, slot: Slot) {
        while self.first <= slot {
            if self.places.pop_front().is_none() {
                self.first = slot.next();
                return;
            }
            self.first = self.first.next();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }

    /// Returns the slots that have a value, rising, from `from` on.
    pub(crate) fn iter_from(&self, from: Slot) -> impl Iterator<Item = (Slot, &T)> {
        let skip = usize::try_from(from.since(self.first)).unwrap_or(usize::MAX);
        let places = self.places.iter().enumerate().skip(skip);
        places.filter_map(|(index, place)| Some((self.first.plus(index as u64), place.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slots_are_a_map_without_what_was_given_up(
            steps in prop::collection::vec((0_u8..4, 1_u64..40, any::<u16>()), 0..60),
        ) {
            let mut slots = Slots::starting_at(Slot(1));
            let mut model = BTreeMap::new();
            let mut first = 1;
            for (kind, number, value) in steps {
                match kind {
                    0 | 1 => {
                        slots.insert(Slot(number), value);
                        if number >= first {
                            model.insert(number, value);
                        }
                    }
                    2 => prop_assert_eq!(slots.remove(Slot(number)), model.remove(&number)),
                    _ => {
                        slots.give_up_through(Slot(number));
                        first = first.max(number + 1);
                        model.retain(|slot, _| *slot >= first);
                    }
                }
                prop_assert_eq!(slots.first(), Slot(first));
                let kept: Vec<_> = slots.iter_from(Slot(5)).map(|(slot, v)| (slot.0, *v)).collect();
                let expected: Vec<_> = model.range(5..).map(|(slot, v)| (*slot, *v)).collect();
                prop_assert_eq!(kept, expected);
            }
        }
    }
}
