//! An allocator that counts, for tests and benches that tell of memory.
//!
//! A program that wants it says so. Each thread has counts of its own, so tests may go on side by
//! side; what a thread frees that another one took is counted where it is freed.
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
use std::cell::Cell;

// Constants without a destructor: to ask for one allocates nothing, at any time of a thread.
thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static BYTES_MAX: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, with counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

impl Counting {
    /// Bytes that this thread took and did not give back, less those of others that it gave back.
    #[must_use]
    pub fn in_use() -> isize {
        BYTES.get()
    }

    /// What `work` gives, and how many more bytes were in use at once while it went on than before.
    pub fn most<T>(work: impl FnOnce() -> T) -> (T, usize) {
        let before = Self::in_use();
        BYTES_MAX.set(before);
        let done = work();
        (done, BYTES_MAX.get().abs_diff(before))
    }

    /// How often `work` allocates.
    pub fn calls(work: impl FnOnce()) -> usize {
        let before = CALLS.get();
        work();
        CALLS.get() - before
    }
}

// Safety: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        let bytes = BYTES.get() + layout.size().cast_signed();
        BYTES.set(bytes);
        BYTES_MAX.set(BYTES_MAX.get().max(bytes));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size().cast_signed());
        unsafe { System.dealloc(pointer, layout) }
    }
}
