//! Numbers in the form in which people read them.

use std::time::Duration;

/// Returns `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
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

/// Returns `3 runs`, `1 run`, or `no runs`.
pub fn counted(number: u64, thing: &str) -> String {
    match number {
        0 => format!("no {thing}s"),
        1 => format!("1 {thing}"),
        _ => format!("{} {thing}s", grouped(number)),
    }
}

/// Returns a time that a person waited: `4.2s`, `3min 20s`.
pub fn waited(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}.{}s", time.subsec_millis() / 100),
        60..3600 => format!("{}min {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Returns simulated time: `12.5 hours`, `3.1 days`.
pub fn simulated(nanos: u128) -> String {
    let millis = nanos / 1_000_000;
    let (unit, name) = match millis {
        0..120_000 => (1_000, "seconds"),
        120_000..7_200_000 => (60_000, "minutes"),
        7_200_000..172_800_000 => (3_600_000, "hours"),
        172_800_000..63_072_000_000 => (86_400_000, "days"),
        _ => (31_536_000_000, "years"),
    };
    let whole = u64::try_from(millis / unit).unwrap_or(u64::MAX);
    format!("{}.{} {name}", grouped(whole), millis % unit * 10 / unit)
}

/// Returns the number per second. A time of zero counts as a millisecond.
pub fn rate(count: u64, time: Duration) -> u64 {
    let millis = time.as_millis().max(1);
    u64::try_from(u128::from(count) * 1_000 / millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn times_have_one_unit_that_fits() {
        assert_eq!(waited(Duration::from_millis(4_260)), "4.2s");
        assert_eq!(waited(Duration::from_secs(200)), "3min 20s");
        assert_eq!(waited(Duration::from_secs(7_260)), "2h 1min");
        assert_eq!(simulated(1_500_000_000), "1.5 seconds");
        assert_eq!(simulated(100 * 3_600 * 1_000_000_000), "4.1 days");
        assert_eq!(simulated(u128::from(u64::MAX) * 1_000), "584,942.4 years");
    }

    #[test]
    fn a_rate_never_divides_by_nothing() {
        assert_eq!(rate(1_000, Duration::from_secs(2)), 500);
        assert_eq!(rate(7, Duration::ZERO), 7_000);
    }
}
