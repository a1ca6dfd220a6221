//! A value that many threads read while one changes it: readers never wait.
//!
//! Model: the value is immutable behind a pointer that is swapped as a whole (the `arc-swap`
//! crate). A reader sees the value before a change or after it, never between; a reader that holds
//! an old value keeps it alive. A change builds the new value aside, for as long as that takes,
//! without a lock.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache, Guard};

/// A value shared by threads, replaced as a whole.
///
/// ```
/// use squall_ring::{Change, Placement, Ring, Snapshot, VirtualNodes};
///
/// let shared = Snapshot::new(Ring::<String>::new(VirtualNodes::default()));
/// shared.change(|ring| ring.add("a".to_owned()))?;
/// assert_eq!(shared.load().get(b"key"), Some(&"a".to_owned()));
/// # Ok::<(), squall_ring::ChangeError>(())
/// ```
#[derive(Debug)]
pub struct Snapshot<T> {
    current: Arc<ArcSwap<T>>,
}

impl<T> Clone for Snapshot<T> {
    /// Another handle to the same value.
    fn clone(&self) -> Self {
        Snapshot { current: Arc::clone(&self.current) }
    }
}

/// A thread's own handle, which remembers the value it saw last: the fastest way to read often.
#[derive(Clone, Debug)]
pub struct Reader<T> {
    cache: Cache<Arc<ArcSwap<T>>, Arc<T>>,
}

impl<T> Snapshot<T> {
    /// Shares a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Snapshot { current: Arc::new(ArcSwap::from_pointee(value)) }
    }

    /// The value as it is now.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<T>> {
        self.current.load()
    }

    /// A handle for one thread that reads often.
    #[must_use]
    pub fn reader(&self) -> Reader<T> {
        Reader { cache: Cache::new(Arc::clone(&self.current)) }
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        self.current.store(Arc::new(value));
    }

    /// Changes a copy of the value and puts it in the place of the value it was copied from. If
    /// another change came first, starts over from that one, so no change is lost.
    ///
    /// # Errors
    /// What `change` returns; then the shared value has not changed.
    pub fn change<R, E>(&self, change: impl Fn(&mut T) -> Result<R, E>) -> Result<R, E>
    where
        T: Clone,
    {
        loop {
            let old = self.current.load();
            let mut copy = T::clone(&old);
            let result = change(&mut copy)?;
            let before = self.current.compare_and_swap(&old, Arc::new(copy));
            if Arc::ptr_eq(&before, &old) {
                return Ok(result);
            }
        }
    }
}

impl<T> Reader<T> {
    /// The value as it is now.
    #[inline]
    pub fn load(&mut self) -> &T {
        self.cache.load()
    }
}
