//! Time in integer nanoseconds, without floats.
//!
//! [`Instant`] and [`Span`] print as the shortest exact text in the largest unit that fits
//! (`15.2ms`, `2s`, `40ns`, `0ms`), and parse from it.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const NANOS_PER_MICRO: u64 = 1_000;
const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A length of time in integer nanoseconds, from 0 to about 584 years. Arithmetic saturates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span(u64);

impl Span {
    /// The span of no length.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns a span of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns a span of `micros` microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(NANOS_PER_MICRO))
    }

    /// Returns a span of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// Returns a span of `seconds` seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Returns its length in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns whether its length is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns twice the span, but at most `limit`: the usual growth of a retry delay.
    #[must_use]
    pub fn doubled(self, limit: Self) -> Self {
        Self(self.0.saturating_mul(2)).min(limit)
    }

    /// Returns `self * numerator / denominator`, rounded down, without overflow on the way. Panics
    /// if `denominator` is 0.
    #[must_use]
    pub fn scaled(self, numerator: u64, denominator: u64) -> Self {
        let wide = u128::from(self.0) * u128::from(numerator) / u128::from(denominator);
        Self(u64::try_from(wide).unwrap_or(u64::MAX))
    }
}

/// A point in time by some monotonic clock, in nanoseconds since the zero of that clock.
///
/// Instants of two clocks cannot be compared; the type does not record the clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    /// The zero of the clock.
    pub const ZERO: Self = Self(0);
    /// The last instant, which is never reached.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns the instant `nanos` nanoseconds after zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the instant `millis` milliseconds after zero.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Span::from_millis(millis).0)
    }

    /// Returns the nanoseconds since zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the span since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// The time of a wall clock: nanoseconds since 1970-01-01 00:00 UTC. The clock can be wrong, and it
/// can step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct WallTime(i64);

impl WallTime {
    /// Returns the wall time `nanos` nanoseconds after the start of 1970 (before it, if negative).
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Returns the nanoseconds since the start of 1970.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wall {}ns", self.0)
    }
}

impl Add<Span> for Instant {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Instant {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Instant> for Instant {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        self.since(earlier)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name, places) = match self.0 {
            0 => return f.pad("0ms"),
            n if n >= NANOS_PER_SECOND => (NANOS_PER_SECOND, "s", 9),
            n if n >= NANOS_PER_MILLI => (NANOS_PER_MILLI, "ms", 6),
            n if n >= NANOS_PER_MICRO => (NANOS_PER_MICRO, "us", 3),
            n => return f.pad(&format!("{n}ns")),
        };
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        if rest == 0 {
            return f.pad(&format!("{whole}{name}"));
        }
        let decimals = format!("{rest:0places$}");
        f.pad(&format!("{whole}.{}{name}", decimals.trim_end_matches('0')))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Span(self.0), f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Span {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, ParseSpanError> {
        let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(ParseSpanError::Unit)?;
        let (number, unit) = text.split_at(split);
        let (unit, places) = match unit {
            "s" => (NANOS_PER_SECOND, 9),
            "ms" => (NANOS_PER_MILLI, 6),
            "us" => (NANOS_PER_MICRO, 3),
            "ns" => (1, 0),
            _ => return Err(ParseSpanError::Unit),
        };
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return Err(ParseSpanError::Number);
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > places {
            return Err(ParseSpanError::TooFine);
        }
        let whole: u64 = whole.parse().map_err(|_| ParseSpanError::TooLong)?;
        let rest: u64 = format!("{decimals:0<places$}").parse().unwrap_or(0);
        let nanos = whole.checked_mul(unit).and_then(|n| n.checked_add(rest));
        nanos.map(Self).ok_or(ParseSpanError::TooLong)
    }
}

impl FromStr for Instant {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, ParseSpanError> {
        text.parse::<Span>().map(|span| Self(span.0))
    }
}

/// Why a text is not a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseSpanError {
    /// The unit is missing or unknown.
    Unit,
    /// The number in front of the unit is missing.
    Number,
    /// Finer than a nanosecond.
    TooFine,
    /// Longer than about 584 years.
    TooLong,
}

impl fmt::Display for ParseSpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "expected a unit of time: ns, us, ms or s",
            Self::Number => "expected a number in front of the unit, such as 15.2ms",
            Self::TooFine => "finer than a nanosecond",
            Self::TooLong => "longer than some 584 years",
        })
    }
}

impl std::error::Error for ParseSpanError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_short_and_exact() {
        let cases = [
            (0, "0ms"),
            (40, "40ns"),
            (1_500, "1.5us"),
            (15_200_000, "15.2ms"),
            (2_000_000_000, "2s"),
            (1_000_000_001, "1.000000001s"),
            (u64::MAX, "18446744073.709551615s"),
        ];
        for (nanos, text) in cases {
            assert_eq!(Span(nanos).to_string(), text);
            assert_eq!(text.parse::<Span>().unwrap(), Span(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_span_says_why() {
        assert_eq!("12".parse::<Span>(), Err(ParseSpanError::Unit));
        assert_eq!("12min".parse::<Span>(), Err(ParseSpanError::Unit));
        assert_eq!("ms".parse::<Span>(), Err(ParseSpanError::Number));
        assert_eq!("1.ms".parse::<Span>(), Err(ParseSpanError::Number));
        assert_eq!("-1ms".parse::<Span>(), Err(ParseSpanError::Number));
        assert_eq!("0.5ns".parse::<Span>(), Err(ParseSpanError::TooFine));
        assert_eq!("99999999999s".parse::<Span>(), Err(ParseSpanError::TooLong));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Instant::MAX + Span::from_secs(1), Instant::MAX);
        assert_eq!(Instant::ZERO.since(Instant::MAX), Span::ZERO);
        assert_eq!(Span::from_millis(60).doubled(Span::from_millis(100)), Span::from_millis(100));
        assert_eq!(Span::MAX.scaled(1, 2), Span(u64::MAX / 2));
    }
}
