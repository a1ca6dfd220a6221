//! The lines of a file: where they begin, and their contents without comments and surrounding
//! spaces.

use super::token::is_blank;

/// One line of a file that is not empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// The byte of the file at which it begins.
    pub(super) offset: usize,
    /// The whole line, without its line end.
    pub(super) line: &'a str,
    /// The byte of the line at which `code` begins.
    pub(super) code_at: usize,
    /// Its contents: no comment, no surrounding spaces, never empty.
    pub(super) code: &'a str,
}

impl Row<'_> {
    /// The first line of an empty file.
    pub(super) const NOTHING: Self = Self { number: 1, offset: 0, line: "", code_at: 0, code: "" };
}

/// The lines of a file that are not empty, in order.
#[derive(Clone, Debug)]
pub(super) struct Rows<'a> {
    source: &'a str,
    offset: usize,
    number: usize,
}

impl<'a> Rows<'a> {
    /// Returns the lines of `source`, without the byte order mark that some editors write.
    pub(super) fn new(source: &'a str) -> Self {
        const MARK: char = '\u{feff}';
        Self {
            source,
            offset: if source.starts_with(MARK) { MARK.len_utf8() } else { 0 },
            number: 0,
        }
    }

    /// Returns the lines of `source` from byte `offset` on, where line `number` begins.
    pub(super) const fn from(source: &'a str, offset: usize, number: usize) -> Self {
        Self { source, offset, number: number - 1 }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        while self.offset < self.source.len() {
            let offset = self.offset;
            let left = &self.source[offset..];
            let length = left.find('\n').unwrap_or(left.len());
            self.offset += length + 1;
            self.number += 1;
            let line = &left[..length];
            let line = line.strip_suffix('\r').unwrap_or(line);
            let said = without_comment(line).trim_end_matches(is_blank);
            let code = said.trim_start_matches(is_blank);
            if !code.is_empty() {
                return Some(Row {
                    number: self.number,
                    offset,
                    line,
                    code_at: said.len() - code.len(),
                    code,
                });
            }
        }
        None
    }
}

/// Returns `line` up to its comment. A comment begins at a `#` at the beginning of the line or
/// after a space: the `#` of `n3>n5#4` is part of a word.
fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let begins = |&(place, _): &(usize, &str)| place == 0 || is_blank(char::from(bytes[place - 1]));
    let comment = line.match_indices('#').find(begins);
    comment.map_or(line, |(place, _)| &line[..place])
}
