//! EDN as Clojure prints it, read with the place of each datum and each number as it is written.
//!
//! No existing reader accepts everything that histories contain: numbers of any size (`1N`,
//! `1.5M`), `##NaN`, characters by their code, Java's escapes in texts. Since an entry is read as a
//! whole, one such datum in an ignored field would make a file unreadable.
//!
//! Sources: the description of the format (github.com/edn-format/edn), and the Clojure reference,
//! "The Reader", for what its printer adds.

use crate::entries::DEPTH_MAX;
use crate::form::{Form, Kind, Unreadable};
use crate::syntax::EdnError;

/// Returns the datum that is written in `text`.
pub(crate) fn read(text: &str) -> Result<Form, Unreadable> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let end = text.len();
    reader.form().map_err(|it| Unreadable { place: it.place.min(end), ..it })
}

struct Reader<'a> {
    text: &'a str,
    /// The offset of the next byte to read.
    at: usize,
    /// The number of forms that are begun.
    depth: usize,
}

fn not_edn<T>(error: EdnError, place: usize) -> Result<T, Unreadable> {
    Err(Unreadable { error: error.into(), place })
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips `token` and returns `true`, if it is next.
    fn take(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        self.at += if is_there { token.len() } else { 0 };
        is_there
    }

    /// Skips blanks, commas and comments.
    fn skip(&mut self) {
        loop {
            let blank = |letter: char| letter.is_whitespace() || letter == ',';
            self.at = self.text.len() - self.rest().trim_start_matches(blank).len();
            if !self.rest().starts_with(';') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn form(&mut self) -> Result<Form, Unreadable> {
        self.skip();
        let start = self.at;
        self.depth += 1;
        // Brackets and tags were counted when the entry was found; here those of metadata count,
        // too.
        if self.depth > 2 * DEPTH_MAX {
            return not_edn(EdnError::TooDeep, start);
        }
        let Some(first) = self.next() else {
            return not_edn(EdnError::Missing, start);
        };
        let kind = match first {
            '{' => self.map("")?,
            '[' | '(' => Kind::List(self.sequence()?),
            '"' => self.string(false)?,
            '\\' => self.character()?,
            ':' => Kind::Text(self.keyword()?),
            '#' => self.dispatch()?,
            '^' => {
                self.at += 1;
                self.form()?;
                self.form()?.kind
            }
            ']' | ')' | '}' => return not_edn(EdnError::Unopened(first), start),
            _ => self.atom()?,
        };
        self.depth -= 1;
        Ok(Form { kind, start, length: self.at - start })
    }

    /// Reads a form that begins with `#`.
    fn dispatch(&mut self) -> Result<Kind, Unreadable> {
        let start = self.at;
        self.at += 1;
        match self.next() {
            Some('{') => Ok(Kind::set(self.sequence()?)),
            // A regular expression. Its escapes are not checked.
            Some('"') => self.string(true),
            Some('_') => {
                self.at += 1;
                self.form()?;
                Ok(self.form()?.kind)
            }
            // Numbers that are none (`##NaN`), and the names of variables.
            Some('#') => {
                self.at += 1;
                Ok(Kind::Number(format!("##{}", self.token())))
            }
            Some('\'') => Ok(Kind::Text(self.token().to_owned())),
            // A map whose keys share one namespace.
            Some(':') => {
                let namespace = self.keyword()?;
                self.skip();
                match self.next() {
                    Some('{') => self.map(&namespace),
                    _ => not_edn(EdnError::Namespace, self.at),
                }
            }
            // A record, such as #jepsen.history.Op{…}: its contents count.
            _ if self.token().is_empty() => not_edn(EdnError::Tag, start),
            _ => Ok(self.form()?.kind),
        }
    }

    /// Reads forms up to the closing bracket.
    fn sequence(&mut self) -> Result<Vec<Form>, Unreadable> {
        let close = match self.next() {
            Some('[') => "]",
            Some('(') => ")",
            _ => "}",
        };
        self.at += 1;
        let mut forms = Vec::new();
        loop {
            self.skip();
            if self.take(close) {
                return Ok(forms);
            }
            if self.take("#_") {
                self.form()?;
            } else {
                forms.push(self.form()?);
            }
        }
    }

    fn map(&mut self, namespace: &str) -> Result<Kind, Unreadable> {
        let mut forms = self.sequence()?.into_iter();
        let mut pairs = Vec::with_capacity(forms.len() / 2);
        while let Some(mut key) = forms.next() {
            let Some(value) = forms.next() else {
                let end = self.at - 1;
                return not_edn(EdnError::MissingValue, end);
            };
            let is_keyword = self.text[key.start..].starts_with(':');
            if let Kind::Text(name) = &mut key.kind
                && is_keyword
                && !namespace.is_empty()
                && !name.contains('/')
            {
                *name = format!("{namespace}/{name}");
            }
            pairs.push((key, value));
        }
        Ok(Kind::map(pairs))
    }

    /// Reads everything up to the end of the token.
    fn token(&mut self) -> &'a str {
        let rest = self.rest();
        let token = &rest[..rest.find(ends_token).unwrap_or(rest.len())];
        self.at += token.len();
        token
    }

    fn keyword(&mut self) -> Result<String, Unreadable> {
        let start = self.at;
        match self.token().trim_start_matches(':') {
            "" => not_edn(EdnError::Keyword, start),
            name => Ok(name.to_owned()),
        }
    }

    /// Reads a number or a symbol.
    fn atom(&mut self) -> Result<Kind, Unreadable> {
        let start = self.at;
        let token = self.token();
        let digits = token.strip_prefix(['+', '-']).unwrap_or(token);
        if digits.starts_with(|first: char| first.is_ascii_digit()) {
            return match number(token) {
                Some(number) => Ok(number),
                None => not_edn(EdnError::Number, start),
            };
        }
        Ok(match token {
            "nil" => Kind::Nil,
            "true" | "false" => Kind::Bool(token == "true"),
            _ => Kind::Text(token.to_owned()),
        })
    }

    fn character(&mut self) -> Result<Kind, Unreadable> {
        let start = self.at;
        self.at += 1;
        // A character that would end a token stands for itself.
        let first = self.next().map_or(0, char::len_utf8);
        let rest = &self.text[self.at + first..];
        let name = &self.rest()[..first + rest.find(ends_token).unwrap_or(rest.len())];
        self.at += name.len();
        let letter = match name {
            "newline" => Some('\n'),
            "space" => Some(' '),
            "tab" => Some('\t'),
            "return" => Some('\r'),
            "backspace" => Some('\u{8}'),
            "formfeed" => Some('\u{c}'),
            _ if first > 0 && name.len() == first => name.chars().next(),
            _ if name.contains(['+', '-']) => None,
            _ => match (name.strip_prefix('u'), name.strip_prefix('o')) {
                (Some(code), _) => u32::from_str_radix(code, 16).ok().and_then(char::from_u32),
                (_, Some(code)) => u32::from_str_radix(code, 8).ok().and_then(char::from_u32),
                _ => None,
            },
        };
        match letter {
            Some(letter) => Ok(Kind::Text(letter.to_string())),
            None => not_edn(EdnError::Character, start),
        }
    }

    fn string(&mut self, is_regex: bool) -> Result<Kind, Unreadable> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            if self.take("\"") {
                return Ok(Kind::Text(text));
            }
            if is_regex && let Some(escaped) = self.rest().chars().nth(1) {
                text.extend(['\\', escaped]);
                self.at += 1 + escaped.len_utf8();
            } else if self.rest().len() > 1 {
                self.escape(&mut text)?;
            } else {
                return not_edn(EdnError::Unterminated, start);
            }
        }
    }

    /// Reads an escape in a text. Half of a surrogate pair without its other half stays as it is
    /// written.
    fn escape(&mut self, text: &mut String) -> Result<(), Unreadable> {
        let start = self.at;
        self.at += 1;
        let letter = self.next().unwrap_or('\\');
        self.at += letter.len_utf8();
        text.push(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '"' | '\\' | '\'' => letter,
            'u' => {
                let Some(unit) = self.unit() else {
                    return not_edn(EdnError::Escape, start);
                };
                let after = self.at;
                let second = if self.take("\\u") { self.unit() } else { None };
                let pair = [unit, second.unwrap_or(0)];
                match char::from_u32(unit.into()) {
                    Some(letter) => {
                        self.at = after;
                        letter
                    }
                    None => match char::decode_utf16(pair).next() {
                        Some(Ok(letter)) => letter,
                        _ => {
                            self.at = after;
                            text.push_str(&self.text[start..after]);
                            return Ok(());
                        }
                    },
                }
            }
            _ => return not_edn(EdnError::Escape, start),
        });
        Ok(())
    }

    /// Reads four hexadecimal digits.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let unit = u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        self.at += 4;
        Some(unit)
    }
}

/// Returns whether a token ends before `letter`.
fn ends_token(letter: char) -> bool {
    letter.is_whitespace() || ",;\"()[]{}\\".contains(letter)
}

/// Reads an integer with or without `N`, an integer to the base of 16, a ratio, or a decimal with
/// or without `M`.
fn number(token: &str) -> Option<Kind> {
    let is_whole = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    let whole = token.strip_suffix('N').unwrap_or(token);
    if is_whole(whole) {
        return Some(Kind::number(whole));
    }
    if let Some(hex) = token.strip_prefix("0x") {
        let is_hex = !hex.is_empty() && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        let small = i64::from_str_radix(hex, 16).map_or(Kind::Number(token.to_owned()), Kind::Int);
        return is_hex.then_some(small);
    }
    if let Some((over, under)) = token.split_once('/') {
        let is_ratio = is_whole(over) && is_whole(under) && !under.starts_with(['+', '-']);
        return is_ratio.then(|| Kind::number(token));
    }
    let decimal = token.strip_suffix('M').unwrap_or(token);
    let (base, power) = decimal.split_once(['e', 'E']).unwrap_or((decimal, "0"));
    let (base, part) = base.split_once('.').unwrap_or((base, ""));
    let is_part = part.bytes().all(|digit| digit.is_ascii_digit());
    (is_whole(base) && is_part && is_whole(power)).then(|| Kind::number(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry is complete when it is read here, but other texts must not panic either.
    #[test]
    fn what_has_no_end_is_an_error() {
        for text in [
            "", "[", "{:a", "\"a", "\"a\\", "#\"a\\", "#", "#_", "^", "\\", "#:a", "#{1", "\"\\u12",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
