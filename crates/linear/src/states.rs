//! The states of the configurations, each kept once, under a small number.

use std::hash::{Hash, Hasher};

use crate::slots::spread;

/// States under numbers, in an open-addressing table. Nothing depends on the order of the table:
/// states are numbered in the order in which they are first seen.
#[derive(Clone)]
pub(crate) struct States<S> {
    states: Vec<S>,
    hashes: Vec<u64>,
    /// Numbers plus one, at the place given by the hash or after it; 0 marks an empty place.
    table: Vec<u32>,
    /// The bytes that the states hold outside of themselves.
    heap: u64,
    /// When this many states are kept, those without a configuration are dropped.
    pub(crate) many: usize,
}

/// Returns how many bytes the first state holds outside of itself, without what it shares with the
/// second.
pub(crate) trait Heap<S>: Fn(&S, Option<&S>) -> u64 {}

impl<S, F: Fn(&S, Option<&S>) -> u64> Heap<S> for F {}

/// With fewer states than this, none is dropped.
const FEW: usize = 4096;

impl<S: Clone + Eq + Hash> States<S> {
    pub(crate) fn new() -> Self {
        Self { states: Vec::new(), hashes: Vec::new(), table: vec![0; 16], heap: 0, many: FEW }
    }

    /// Returns the state under `number`.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &S {
        &self.states[number as usize]
    }

    /// Returns the number of states.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// Returns how many bytes the states take.
    pub(crate) fn bytes(&self) -> u64 {
        let room = self.states.len().next_power_of_two();
        let each = size_of::<S>() + size_of::<u64>();
        (room * each + self.table.len() * size_of::<u32>()) as u64 + self.heap
    }

    /// Returns the number of `state`, which a step from the state `before` led to. If it is new,
    /// `heap` returns how many bytes it holds beside that one.
    #[inline]
    pub(crate) fn after(&mut self, before: u32, state: S, heap: impl Heap<S>) -> u32 {
        let known = self.len();
        let number = self.number(state);
        if self.len() > known {
            self.heap += heap(self.get(number), Some(self.get(before)));
        }
        number
    }

    /// Returns the number of `state`.
    #[inline]
    pub(crate) fn number(&mut self, state: S) -> u32 {
        let hash = hash(&state);
        let mask = self.table.len() - 1;
        let mut place = home(hash, mask);
        loop {
            match self.table[place] {
                0 => return self.add(state, hash, place),
                number => {
                    let number = number - 1;
                    if self.hashes[number as usize] == hash && *self.get(number) == state {
                        return number;
                    }
                }
            }
            place = (place + 1) & mask;
        }
    }

    #[cold]
    fn add(&mut self, state: S, hash: u64, place: usize) -> u32 {
        let number = u32::try_from(self.states.len()).expect("memory ends before numbers do");
        self.states.push(state);
        self.hashes.push(hash);
        self.table[place] = number + 1;
        if self.states.len() * 2 > self.table.len() {
            self.index(self.table.len() * 2);
        }
        number
    }

    /// Rebuilds the table with `room` places.
    fn index(&mut self, room: usize) {
        self.table = vec![0; room];
        let mask = room - 1;
        for (number, hash) in (1..).zip(&self.hashes) {
            let mut place = home(*hash, mask);
            while self.table[place] != 0 {
                place = (place + 1) & mask;
            }
            self.table[place] = number;
        }
    }

    /// Keeps only the states under `numbers`, and replaces these numbers by the new ones.
    pub(crate) fn retain<'a>(
        &mut self,
        numbers: impl Iterator<Item = &'a mut u32>,
        heap: impl Heap<S>,
    ) {
        let mut kept = Self::new();
        for number in numbers {
            let known = kept.len();
            *number = kept.number(self.get(*number).clone());
            if kept.len() > known {
                // Neighbours usually came from one state, and share the most with each other.
                let beside = known.checked_sub(1).map(|beside| &kept.states[beside]);
                kept.heap += heap(kept.get(*number), beside);
            }
        }
        kept.many = FEW.max(kept.len() * 4);
        *self = kept;
    }
}

#[inline]
fn home(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

fn hash(state: &impl Hash) -> u64 {
    let mut hasher = Mixer(0);
    state.hash(&mut hasher);
    hasher.finish()
}

/// A hasher that is the same on every machine, and fast for numbers.
struct Mixer(u64);

impl Hasher for Mixer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = spread(self.0.rotate_left(5) ^ number);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        spread(self.0 ^ (self.0 >> 29))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_one_number_and_keeps_it_until_others_are_let_go() {
        let mut states = States::new();
        let numbers: Vec<u32> = (0..1000_u64).map(|state| states.number(state)).collect();
        assert_eq!(numbers, (0..1000).collect::<Vec<u32>>());
        assert_eq!(states.number(700), 700);
        let mut kept = [700, 3, 700];
        states.retain(kept.iter_mut(), |_, _| 3);
        assert_eq!(kept, [0, 1, 0]);
        assert_eq!((states.len(), *states.get(0), *states.get(1)), (2, 700, 3));
        assert_eq!((states.after(0, 4, |_, _| 5), states.after(0, 3, |_, _| 5)), (2, 1));
        assert_eq!(states.heap, 3 + 3 + 5);
    }
}
