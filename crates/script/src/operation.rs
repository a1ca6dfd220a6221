//! An operation without its type: the request of a script line, for any system.
//!
//! A script is made, parsed, printed, compared and shrunk without knowledge of its system. Only the
//! runner of the system needs the typed value, and gets it by [`Operation::get`].

use std::any::Any;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;

/// An operation of some system. A clone shares the value.
#[derive(Clone)]
pub struct Operation(Arc<dyn Value>);

/// What a script requires of an operation.
trait Value: Debug + Display + Send + Sync {
    fn as_any(&self) -> &dyn Any;

    fn is_equal(&self, other: &dyn Any) -> bool;
}

impl<O: Any + Debug + Display + PartialEq + Send + Sync> Value for O {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

impl Operation {
    /// Returns the operation `op`.
    #[must_use]
    pub fn new<O: Any + Debug + Display + PartialEq + Send + Sync>(op: O) -> Self {
        Self(Arc::new(op))
    }

    /// Returns the typed value, or `None` if it has another type.
    #[must_use]
    pub fn get<O: Any>(&self) -> Option<&O> {
        self.0.as_any().downcast_ref()
    }
}

/// Operations of different types are not equal.
impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_equal(other.0.as_any())
    }
}

impl Eq for Operation {}

impl Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&*self.0, f)
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_equal_by_type_and_value() {
        let fig = Operation::new("fig".to_owned());
        assert_eq!(fig, Operation::new("fig".to_owned()));
        assert_ne!(fig, Operation::new("pear".to_owned()));
        assert_ne!(fig, Operation::new("fig"));
        assert_eq!(fig.get::<String>().map(String::as_str), Some("fig"));
        assert_eq!(fig.get::<u32>(), None);
        assert_eq!(fig.to_string(), "fig");
    }
}
