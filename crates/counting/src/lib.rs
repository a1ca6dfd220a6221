//! An allocator that counts, for tests and benches that measure memory.
//!
//! A program opts in with `#[global_allocator]`. Each thread has its own counts, so tests can run
//! in parallel. A block that one thread allocates and another frees is counted on each of them.
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

// Constants without a destructor: access never allocates, at any time in the life of a thread.
thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static BYTES_MAX: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, with counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

impl Counting {
    /// Returns the bytes that this thread allocated, less the bytes that it freed. Negative if it
    /// freed more blocks of another thread than it kept of its own.
    #[must_use]
    pub fn in_use() -> isize {
        BYTES.get()
    }

    /// Runs `work`. Returns its result, and the peak of bytes in use during the run above the
    /// bytes in use before it.
    pub fn most<T>(work: impl FnOnce() -> T) -> (T, usize) {
        let before = Self::in_use();
        BYTES_MAX.set(before);
        let done = work();
        (done, BYTES_MAX.get().abs_diff(before))
    }

    /// Returns the number of allocations that `work` makes.
    pub fn calls(work: impl FnOnce()) -> usize {
        let before = CALLS.get();
        work();
        CALLS.get() - before
    }
}

// Safety: every call is forwarded to the system's allocator with the same arguments.
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
