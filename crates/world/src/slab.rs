//! Items at places that are reused.

/// The bits that number the places: about 268 million items at a time.
pub(crate) const PLACE_BITS: u32 = 28;

/// Items, each at a place until it is taken. The place is then reused by a later item.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { items: Vec::new(), free: Vec::new() }
    }

    /// Removes everything but keeps the allocated memory.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.free.clear();
    }

    /// Puts `item` at a place and returns the place.
    #[inline]
    pub(crate) fn put(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            // The place is empty, so there is nothing to drop.
            std::mem::forget(self.items[place as usize].replace(item));
            return place;
        }
        let place = self.items.len();
        assert!(place < 1 << PLACE_BITS, "too many messages under way at once");
        self.items.push(Some(item));
        place as u32
    }

    /// Takes the item at `place`.
    #[inline]
    pub(crate) fn take(&mut self, place: u32) -> Option<T> {
        self.free.push(place);
        self.items[place as usize].take()
    }
}
