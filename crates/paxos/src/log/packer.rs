//! What of a queue goes into the next batch (PML section 4.2; requirement M4).

use crate::log::Limits;

/// Returns the number of commands from the front of a queue that make the next batch: as many as
/// fit the limits, without leaving one out, and at least one if there is one. A command larger than
/// a batch travels alone.
pub(crate) fn pack(sizes: impl Iterator<Item = usize>, limits: &Limits, room: usize) -> usize {
    let most = limits.batch_bytes.min(room);
    let mut bytes = 0_usize;
    let mut count = 0;
    for size in sizes.take(limits.batch_commands) {
        bytes = bytes.saturating_add(size);
        if count > 0 && bytes > most {
            break;
        }
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_are_the_queue_cut_into_pieces(
            sizes in prop::collection::vec(1_usize..100, 0..50),
            batch_commands in 1_usize..8,
            batch_bytes in 1_usize..200,
        ) {
            let limits = Limits { batch_commands, batch_bytes, ..Limits::default() };
            let mut rest = &sizes[..];
            while !rest.is_empty() {
                let count = pack(rest.iter().copied(), &limits, usize::MAX);
                prop_assert!(count >= 1 && count <= batch_commands);
                let bytes: usize = rest[..count].iter().sum();
                prop_assert!(count == 1 || bytes <= batch_bytes);
                let full = count == batch_commands
                    || rest.get(count).is_none_or(|next| bytes + next > batch_bytes);
                prop_assert!(full, "a batch takes all that fits");
                rest = &rest[count..];
            }
            prop_assert_eq!(pack(rest.iter().copied(), &limits, usize::MAX), 0);
        }
    }
}
