//! Knobs: the tuning of a system, drawn at random in a sweep (B5) and printed in the header of a
//! script.

use std::fmt;

use squall_process::Span;

/// One thing about a system that can be tuned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Knob {
    /// One lower-case word, or a few joined by hyphens.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Which values it takes.
    pub domain: Domain,
}

/// The values of a knob, and the one it has when nothing is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    /// A length of time, from `low` to `high`.
    Span {
        /// When nothing is said.
        default: Span,
        /// The least.
        low: Span,
        /// The most.
        high: Span,
    },
    /// A whole number, from `low` to `high`.
    Number {
        /// When nothing is said.
        default: u64,
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    },
    /// One of these words, the first when nothing is said. A word may hold single blanks.
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
    /// A length of time: when nothing is said, the least and the most, in milliseconds.
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

    /// A whole number: when nothing is said, the least and the most.
    #[must_use]
    pub const fn number(
        name: &'static str,
        about: &'static str,
        [default, low, high]: [u64; 3],
    ) -> Self {
        Self { name, about, domain: Domain::Number { default, low, high } }
    }

    /// One of `words`, the first when nothing is said.
    #[must_use]
    pub const fn choice(
        name: &'static str,
        about: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { name, about, domain: Domain::Choice(words) }
    }

    /// The value when nothing is said.
    #[must_use]
    pub const fn default(&self) -> KnobValue {
        match self.domain {
            Domain::Span { default, .. } => KnobValue::Span(default),
            Domain::Number { default, .. } => KnobValue::Number(default),
            Domain::Choice(words) => KnobValue::Word(words[0]),
        }
    }

    /// The value that `text` stands for, if it is one of this knob.
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

/// The knobs that were turned away from their defaults.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Knobs(Vec<(&'static str, KnobValue)>);

impl Knobs {
    /// Turns `knob` to `value`; its default is the same as not having turned it.
    pub fn turn(&mut self, knob: &Knob, value: KnobValue) {
        self.0.retain(|(name, _)| *name != knob.name);
        if value != knob.default() {
            self.0.push((knob.name, value));
        }
    }

    /// Puts one knob back to its default.
    pub fn put_back(&mut self, name: &str) {
        self.0.retain(|(turned, _)| *turned != name);
    }

    /// Puts every knob back to its default.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What `knob` is turned to.
    #[must_use]
    pub fn get(&self, knob: &Knob) -> KnobValue {
        let turned = self.0.iter().find(|(name, _)| *name == knob.name);
        turned.map_or_else(|| knob.default(), |(_, value)| *value)
    }

    /// The span that `knob` is turned to. Panics if it is no knob of spans.
    #[must_use]
    pub fn span(&self, knob: &Knob) -> Span {
        match self.get(knob) {
            KnobValue::Span(span) => span,
            other => panic!("knob {} holds {other}, not a span", knob.name),
        }
    }

    /// The number that `knob` is turned to. Panics if it is no knob of numbers.
    #[must_use]
    pub fn number(&self, knob: &Knob) -> u64 {
        match self.get(knob) {
            KnobValue::Number(number) => number,
            other => panic!("knob {} holds {other}, not a number", knob.name),
        }
    }

    /// The word that `knob` is turned to. Panics if it is no knob of words.
    #[must_use]
    pub fn word(&self, knob: &Knob) -> &'static str {
        match self.get(knob) {
            KnobValue::Word(word) => word,
            other => panic!("knob {} holds {other}, not a word", knob.name),
        }
    }

    /// The turned knobs and their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, KnobValue)> + '_ {
        self.0.iter().copied()
    }
}
