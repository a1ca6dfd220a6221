//! An allocator that counts, for tests and benches that tell of memory.
//!
//! Each program that wants it says so, and runs one thing at a time: all threads are counted
//! together.
//!
//! ```
//! use squall_counting::Counting;
//!
//! #[global_allocator]
//! static COUNTING: Counting = Counting;
//!
//! let (_, more) = Counting::most(|| vec![0_u8; 1000].len());
//! assert!(more >= 1000);
//! ```

#![expect(unsafe_code, reason = "an allocator is unsafe to write; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static CALLS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
static BYTES_MAX: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, with counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

impl Counting {
    /// Bytes that are in use now.
    #[must_use]
    pub fn in_use() -> usize {
        BYTES.load(Ordering::Relaxed)
    }

    /// What `work` gives, and how many more bytes were in use at once while it went on than before.
    pub fn most<T>(work: impl FnOnce() -> T) -> (T, usize) {
        let before = Self::in_use();
        BYTES_MAX.store(before, Ordering::Relaxed);
        let done = work();
        (done, BYTES_MAX.load(Ordering::Relaxed) - before)
    }

    /// How often `work` allocates.
    pub fn calls(work: impl FnOnce()) -> usize {
        let before = CALLS.load(Ordering::Relaxed);
        work();
        CALLS.load(Ordering::Relaxed) - before
    }
}

// Safety: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        let bytes = BYTES.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        BYTES_MAX.fetch_max(bytes, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}
