//! The wires of a network: the state of each link that was used.
//!
//! A link takes one cache line, because in a large world the cache decides the speed. There is no
//! table of all pairs. A link is found by open addressing. A slot holds some bits of the hash in
//! addition to the place of the wire, so that a probe does not touch the wires of other links.

use squall_process::Instant;
use squall_trace::Link;

use crate::choices::Draws;

/// A link, by the names and by the places of its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) link: Link,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// One link.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Wire {
    /// The places of its ends in the world.
    from: u32,
    to: u32,
    /// The number of messages that were sent on it.
    pub(crate) sent: u32,
    pub(crate) state: u8,
    /// The latest arrival of the messages sent so far.
    pub(crate) latest: Instant,
    pub(crate) draws: Draws,
}

pub(crate) const CUT: u8 = 1;
pub(crate) const CLOGGED: u8 = 2;
pub(crate) const SLOW: u8 = 4;
pub(crate) const REFUSES: u8 = 8;
pub(crate) const HANGS: u8 = 16;

/// The slots of a small world.
const SLOTS_MIN: usize = 128;
/// The bits of a slot that number a wire, from 1; the others are bits of the hash.
const PLACE_BITS: u32 = 28;
const PLACE_MASK: u32 = (1 << PLACE_BITS) - 1;

/// All links of a world that were used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wires {
    wires: Vec<Wire>,
    /// The place of each wire, by its ends: a power of two of slots, at most half of them used. 0
    /// means none.
    slots: Vec<u32>,
}

/// Returns the hash of a link: the slot is taken from its high bits, the tag from those below.
const fn hash(from: u32, to: u32) -> u64 {
    (((from as u64) << 32) | to as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Returns the bits of `hash` that stand in a slot.
const fn tag(hash: u64) -> u32 {
    ((hash >> 28) as u32 & 0xF) << PLACE_BITS
}

impl Wires {
    /// Removes all of them, and keeps the allocated memory.
    pub(crate) fn clear(&mut self) {
        self.wires.clear();
        self.slots.clear();
        self.slots.resize(SLOTS_MIN, 0);
    }

    /// Returns every wire.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Wire> {
        self.wires.iter_mut()
    }

    /// Returns the place of the wire between two ends, or the slot where it would be found.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "part of every delivery, and it has two callers")]
    fn find(&self, from: u32, to: u32) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let hash = hash(from, to);
        let mut slot = (hash >> 32) as usize & mask;
        loop {
            let held = self.slots[slot];
            if held == 0 {
                return Err(slot);
            }
            if held & !PLACE_MASK == tag(hash) {
                let place = (held & PLACE_MASK) as usize - 1;
                let wire = &self.wires[place];
                if (wire.from, wire.to) == (from, to) {
                    return Ok(place);
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Returns the wire between two places, if it was ever used.
    #[inline]
    pub(crate) fn get(&self, from: u32, to: u32) -> Option<&Wire> {
        self.find(from, to).ok().map(|place| &self.wires[place])
    }

    /// Returns the same wire, for changes.
    pub(crate) fn get_mut(&mut self, from: u32, to: u32) -> Option<&mut Wire> {
        self.find(from, to).ok().map(|place| &mut self.wires[place])
    }

    /// Returns the wire between two ends, which is made on first use.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "part of every delivery, and it has two callers")]
    pub(crate) fn between(&mut self, ends: Ends) -> &mut Wire {
        let place = match self.find(ends.from, ends.to) {
            Ok(place) => place,
            Err(slot) => self.open(ends, slot),
        };
        &mut self.wires[place]
    }

    /// Makes a new wire, to be found at `slot`.
    #[inline(never)]
    fn open(&mut self, Ends { link, from, to }: Ends, slot: usize) -> usize {
        let (latest, draws) = (Instant::ZERO, Draws::of(link));
        self.wires.push(Wire { from, to, sent: 0, state: 0, latest, draws });
        let count = self.wires.len();
        assert!(count < PLACE_MASK as usize, "too many links in one world");
        if count * 2 <= self.slots.len() {
            self.slots[slot] = count as u32 | tag(hash(from, to));
        } else {
            self.grow();
        }
        count - 1
    }

    /// Doubles the slots.
    #[cold]
    fn grow(&mut self) {
        let count = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(count, 0);
        for (place, wire) in self.wires.iter().enumerate() {
            let hash = hash(wire.from, wire.to);
            let mut slot = (hash >> 32) as usize & (count - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (count - 1);
            }
            self.slots[slot] = (place as u32 + 1) | tag(hash);
        }
    }
}
