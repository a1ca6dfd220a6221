//! A view on the wire: what two machines must share to place every key alike.
//!
//! Model: a view carries the rules (hash, seed, points), the version, and the nodes with their
//! weights, not the points: placement is a function of those, frozen by the golden files. The
//! number of the format is checked before anything is built from a view, and so are its nodes, so
//! a view from a stranger can be refused but cannot do harm.

use serde::{Deserialize, Serialize};

use crate::change::ChangeError;

/// A placement in a form that serde can write and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View<R, L> {
    /// The number of the format, [`FORMAT`] when written by this release.
    pub format: u32,
    /// The scheme, by name.
    pub scheme: String,
    /// The version of the view: how many changes made it.
    pub version: u64,
    /// The configuration of the scheme.
    pub rules: R,
    /// The nodes, and what else the scheme remembers of them.
    pub nodes: L,
}

/// The number of the format that this release writes, and the highest it reads.
pub const FORMAT: u32 = 1;

/// The most changes that a view may tell of, so that none after it is ever too many.
const VERSION_MAX: u64 = 1 << 63;

/// Why a view was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// Written by a later release.
    #[error("the view has format {found}, this release reads up to {known}", known = FORMAT)]
    Newer {
        /// The number in the view.
        found: u32,
    },
    /// A view of another scheme.
    #[error("the view is of the scheme {found:?}, not {wanted:?}")]
    OtherScheme {
        /// The name in the view.
        found: String,
        /// The name that was expected.
        wanted: &'static str,
    },
    /// The nodes or the rules are not acceptable.
    #[error("the view's nodes are not acceptable: {0}")]
    Nodes(#[from] ChangeError),
    /// The rules themselves are not acceptable.
    #[error("the view's rules are not acceptable: {0}")]
    Rules(String),
    /// What a scheme remembers besides its nodes contradicts itself.
    #[error("the view contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl<R, L> View<R, L> {
    pub(crate) fn new(scheme: &str, version: u64, rules: R, nodes: L) -> View<R, L> {
        View { format: FORMAT, scheme: scheme.to_owned(), version, rules, nodes }
    }

    pub(crate) fn check(&self, wanted: &'static str) -> Result<(), ViewError> {
        if self.format > FORMAT {
            return Err(ViewError::Newer { found: self.format });
        }
        if self.scheme != wanted {
            return Err(ViewError::OtherScheme { found: self.scheme.clone(), wanted });
        }
        if self.version > VERSION_MAX {
            return Err(ViewError::Contradiction("the version is above its maximum"));
        }
        Ok(())
    }
}

/// A placement that can be written as a view and made again from one.
pub trait Viewed: Sized {
    /// The scheme's configuration.
    type Rules;
    /// The scheme's nodes, as the view lists them.
    type Nodes;

    /// What another machine needs to place every key as this one does.
    fn view(&self) -> View<Self::Rules, Self::Nodes>;

    /// The placement that a view describes.
    ///
    /// # Errors
    /// If the view is of a later format or another scheme, or its nodes are refused.
    fn from_view(view: View<Self::Rules, Self::Nodes>) -> Result<Self, ViewError>;
}
