//! Knobs: the settings of a system, drawn at random in a sweep (B5) and printed in the header of a
//! script.

use std::fmt;

use squall_process::Span;

/// One setting of a system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Knob {
    /// One lower-case word, or a few joined by hyphens.
    pub name: &'static str,
    /// What it sets, in a few words.
    pub about: &'static str,
    /// The values that it can have.
    pub domain: Domain,
}

/// The values of a knob, and its default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// A length of time, from `low` to `high`.
    Span {
        /// The default.
        default: Span,
        /// The smallest value.
        low: Span,
        /// The largest value.
        high: Span,
    },
    /// A whole number, from `low` to `high`.
    Number {
        /// The default.
        default: u64,
        /// The smallest value.
        low: u64,
        /// The largest value.
        high: u64,
    },
    /// One of these words, the first by default. A word may contain single spaces.
    Choice(&'static [&'static str]),
}

/// The value of a knob.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KnobValue {
    /// A length of time.
    Span(Span),
    /// A whole number.
    Number(u64),
    /// A word.
    Word(&'static str),
}

impl fmt::Display for KnobValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(span) => span.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl Knob {
    /// Returns a knob of a length of time, with its default, smallest and largest value in
    /// milliseconds.
    #[must_use]
    pub const fn span(
        name: &'static str,
        about: &'static str,
        [default, low, high]: [u64; 3],
    ) -> Self {
        let [default, low, high] =
            [Span::from_millis(default), Span::from_millis(low), Span::from_millis(high)];
        Self { name, about, domain: Domain::Span { default, low, high } }
    }

    /// Returns a knob of an integer, with its default, smallest and largest value.
    #[must_use]
    pub const fn number(
        name: &'static str,
        about: &'static str,
        [default, low, high]: [u64; 3],
    ) -> Self {
        Self { name, about, domain: Domain::Number { default, low, high } }
    }

    /// Returns a knob of one of `words`, the first by default.
    #[must_use]
    pub const fn choice(
        name: &'static str,
        about: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { name, about, domain: Domain::Choice(words) }
    }

    /// Returns the default value.
    #[must_use]
    pub const fn default(&self) -> KnobValue {
        match self.domain {
            Domain::Span { default, .. } => KnobValue::Span(default),
            Domain::Number { default, .. } => KnobValue::Number(default),
            Domain::Choice(words) => KnobValue::Word(words[0]),
        }
    }

    /// Returns the value with the text `text`, if the knob can have it.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<KnobValue> {
        match self.domain {
            Domain::Span { low, high, .. } => {
                let span = text.parse().ok()?;
                (low <= span && span <= high).then_some(KnobValue::Span(span))
            }
            Domain::Number { low, high, .. } => {
                let number = text.parse().ok()?;
                (low <= number && number <= high).then_some(KnobValue::Number(number))
            }
            Domain::Choice(words) => {
                words.iter().find(|&&word| word == text).map(|&word| KnobValue::Word(word))
            }
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span { low, high, .. } => write!(f, "{low} to {high}"),
            Self::Number { low, high, .. } => write!(f, "{low} to {high}"),
            Self::Choice(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// The knobs that do not have their defaults.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Knobs(Vec<(&'static str, KnobValue)>);

impl Knobs {
    /// Sets `knob` to `value`. The default is the same as a knob that was never set.
    pub fn turn(&mut self, knob: &Knob, value: KnobValue) {
        self.0.retain(|(name, _)| *name != knob.name);
        if value != knob.default() {
            self.0.push((knob.name, value));
        }
    }

    /// Resets one knob to its default.
    pub fn put_back(&mut self, name: &str) {
        self.0.retain(|(turned, _)| *turned != name);
    }

    /// Resets every knob to its default.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the value of `knob`.
    #[must_use]
    pub fn get(&self, knob: &Knob) -> KnobValue {
        let turned = self.0.iter().find(|(name, _)| *name == knob.name);
        turned.map_or_else(|| knob.default(), |(_, value)| *value)
    }

    /// Returns the span of `knob`. Panics if it is not a knob of a span.
    #[must_use]
    pub fn span(&self, knob: &Knob) -> Span {
        match self.get(knob) {
            KnobValue::Span(span) => span,
            other => panic!("knob {} holds {other}, not a span", knob.name),
        }
    }

    /// Returns the number of `knob`. Panics if it is not a knob of a number.
    #[must_use]
    pub fn number(&self, knob: &Knob) -> u64 {
        match self.get(knob) {
            KnobValue::Number(number) => number,
            other => panic!("knob {} holds {other}, not a number", knob.name),
        }
    }

    /// Returns the word of `knob`. Panics if it is not a knob of a word.
    #[must_use]
    pub fn word(&self, knob: &Knob) -> &'static str {
        match self.get(knob) {
            KnobValue::Word(word) => word,
            other => panic!("knob {} holds {other}, not a word", knob.name),
        }
    }

    /// Returns the knobs that do not have their defaults, with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, KnobValue)> + '_ {
        self.0.iter().copied()
    }
}
