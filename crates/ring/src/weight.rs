//! The weight of a node: a whole number from 1 to [`Weight::MAX`].
//!
//! Model: weights are relative; a node of weight 3 is meant to get three times the keys of a node
//! of weight 1. They are integers so that no decision depends on the rounding of a float. Zero is
//! not a weight: a node that should get nothing is removed, or marked down in a
//! [`Balancer`](crate::Balancer).

use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// How much of the load a node should get, relative to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Weight(NonZeroU32);

/// Why a number is not a weight.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightError {
    /// Zero: remove the node, or mark it down.
    #[error("weight 0: a node that should get nothing is removed or marked down")]
    Zero,
    /// Below zero.
    #[error("weight {0} is negative")]
    Negative(f64),
    /// NaN or an infinity.
    #[error("weight {0} is not a finite number")]
    NotFinite(f64),
    /// A fraction: multiply all weights by a common factor instead.
    #[error("weight {0} is not a whole number")]
    NotWhole(f64),
    /// Above [`Weight::MAX`].
    #[error("weight {0} is above {max}", max = Weight::MAX)]
    TooLarge(u64),
}

impl Weight {
    /// The weight of a node that is given none.
    pub const ONE: Weight = Weight(NonZeroU32::MIN);
    /// The largest weight, 2^24 - 1: products of a weight, a load and a factor stay in 128 bits.
    pub const MAX: u32 = (1 << 24) - 1;

    /// A weight from a count.
    ///
    /// # Errors
    /// [`WeightError::Zero`] and [`WeightError::TooLarge`].
    pub fn new(weight: u64) -> Result<Weight, WeightError> {
        if weight > u64::from(Weight::MAX) {
            return Err(WeightError::TooLarge(weight));
        }
        NonZeroU32::new(weight as u32).map(Weight).ok_or(WeightError::Zero)
    }

    /// The number itself.
    #[must_use]
    #[inline]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl Default for Weight {
    fn default() -> Self {
        Weight::ONE
    }
}

impl From<Weight> for u64 {
    fn from(weight: Weight) -> u64 {
        u64::from(weight.get())
    }
}

impl TryFrom<u64> for Weight {
    type Error = WeightError;

    fn try_from(weight: u64) -> Result<Weight, WeightError> {
        Weight::new(weight)
    }
}

impl TryFrom<i64> for Weight {
    type Error = WeightError;

    fn try_from(weight: i64) -> Result<Weight, WeightError> {
        u64::try_from(weight)
            .map_err(|_| WeightError::Negative(weight as f64))
            .and_then(Weight::new)
    }
}

impl TryFrom<f64> for Weight {
    type Error = WeightError;

    fn try_from(weight: f64) -> Result<Weight, WeightError> {
        if !weight.is_finite() {
            Err(WeightError::NotFinite(weight))
        } else if weight < 0.0 {
            Err(WeightError::Negative(weight))
        } else if weight.fract() != 0.0 {
            Err(WeightError::NotWhole(weight))
        } else {
            // A float too large for u64 saturates, and u64::MAX is refused as too large.
            Weight::new(weight as u64)
        }
    }
}
