//! Medians with their intervals, and how figures are written.
//!
//! The interval of a median goes by order statistics and asks nothing of how the figures are
//! spread: of n of them, the chance that fewer than k lie below the true median is that of fewer
//! than k heads in n tosses. So between the kth from below and the kth from above it lies with a
//! confidence of at least 90 % where that chance is at most 5 %.

/// A median, and between what the true one lies with a confidence of 90 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Median {
    pub(crate) middle: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
}

impl Median {
    /// The median of `figures`; none without any. Of fewer than five the interval is all of them,
    /// and worth less than 90 %.
    pub(crate) fn of(figures: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut sorted: Vec<u64> = figures.into_iter().collect();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        let rank = rank(sorted.len());
        let middle = sorted[last / 2].midpoint(sorted[sorted.len() / 2]);
        Some(Self { middle, low: sorted[rank], high: sorted[last - rank] })
    }

    /// The three figures, each written by `write`.
    pub(crate) fn text(&self, write: impl Fn(u64) -> String) -> String {
        format!("{} ({} to {})", write(self.middle), write(self.low), write(self.high))
    }
}

/// From 0, the greatest place of a figure that lies above the true median with a chance of at most
/// 5 %, among `count` of them in order.
fn rank(count: usize) -> usize {
    let all = 2_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let (mut ways, mut below) = (1.0, 1.0);
    let mut rank = 0;
    // `below` is the number of ways to have at most `rank` heads.
    while rank + 1 < count / 2 {
        ways = ways * (count - rank) as f64 / (rank + 1) as f64;
        below += ways;
        if below / all > 0.05 {
            break;
        }
        rank += 1;
    }
    rank
}

/// `number` with commas between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds as seconds: `0.083`, `12.3`, `340`.
pub(crate) fn seconds(milliseconds: u64) -> String {
    let (whole, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    match whole {
        0 => format!("0.{rest:03}"),
        1..100 => format!("{whole}.{}", rest / 100),
        _ => whole.to_string(),
    }
}

/// Hundredths as a number: `1.25`.
pub(crate) fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_twenty_lies_between_the_sixth_from_either_end() {
        let median = Median::of((1..=20).rev()).unwrap();
        assert_eq!(median, Median { middle: 10, low: 6, high: 15 });
        assert_eq!(median.text(grouped), "10 (6 to 15)");
        // 95 % and more of these confidences: 1 - 2 * 21,700 / 2^20 and 1 - 2 * 1 / 2^5.
        assert_eq!((rank(20), rank(5), rank(100)), (5, 0, 41));
    }

    #[test]
    fn the_median_of_a_few_has_all_of_them_as_its_interval() {
        assert_eq!(Median::of([]), None);
        assert_eq!(Median::of([7]), Some(Median { middle: 7, low: 7, high: 7 }));
        assert_eq!(Median::of([9, 2]), Some(Median { middle: 5, low: 2, high: 9 }));
        assert_eq!(Median::of([9, 2, 4]), Some(Median { middle: 4, low: 2, high: 9 }));
    }

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([83, 12_345, 340_900].map(seconds), ["0.083", "12.3", "340"]);
        assert_eq!([100, 125, 1_007].map(hundredths), ["1.00", "1.25", "10.07"]);
    }
}
