//! Seeds in the form in which people write them.

use std::ops::Range;

/// Reads one seed: an integer, in which `_` may separate digits.
///
/// # Errors
///
/// Returns a sentence that says what is wrong.
pub fn seed(text: &str) -> Result<u64, String> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    digits.parse().map_err(|_| {
        format!("a seed is a whole number from 0 to {}, and `{text}` is none", u64::MAX)
    })
}

/// Reads a range of seeds: `N` for the seeds from 0 on, or `A..B`.
///
/// # Errors
///
/// Returns a sentence that says what is wrong.
pub fn seeds(text: &str) -> Result<Range<u64>, String> {
    let Some((start, end)) = text.split_once("..") else {
        return Ok(0..seed(text)?);
    };
    let (start, end) = (seed(start)?, seed(end)?);
    if start > end {
        return Err(format!("it goes backwards; did you mean {end}..{start}?"));
    }
    Ok(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_count_or_a_range() {
        assert_eq!(seeds("100_000"), Ok(0..100_000));
        assert_eq!(seeds("5..9"), Ok(5..9));
        assert_eq!(seeds("9..5"), Err("it goes backwards; did you mean 5..9?".to_owned()));
        for text in ["", "ten", "1..", "..2", "-1", "1.5", "18446744073709551616"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
