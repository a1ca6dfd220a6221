//! The entries of a file, one after the other: maps that stand alone, or are the elements of one
//! list.
//!
//! Entries are found by their brackets, in every format. The scan only knows strings, and comments
//! and characters of EDN. It holds at most one entry at a time.

use std::io::{self, BufRead};

/// The most brackets and tags around a datum: the limit of common JSON readers.
pub(crate) const DEPTH_MAX: usize = 128;

/// At least this many bytes of a line are shown before an entry, if it has as many.
const INDENT: usize = 256;

/// The text of one entry, and its place.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// How many characters precede it in that line.
    pub(crate) column: usize,
    /// The last few of these characters.
    pub(crate) indent: String,
}

/// Why there is no next entry.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The file ends within the entry.
    CutOff(Text),
    /// The list around the entries is not closed.
    Unclosed { line: usize },
    /// The entry is larger than allowed.
    TooLong(Text),
    /// More brackets and tags are open than allowed. The last byte of the text is the first one too
    /// many.
    TooDeep(Text),
    /// A closing bracket without an opening one, or text after the list.
    Stray(Text),
    /// A byte that is not UTF-8.
    NotText { offset: u64, byte: u8 },
    /// The file cannot be read.
    Input(io::Error),
}

/// Finds entries.
pub(crate) struct Entries<R> {
    input: R,
    /// The most bytes of one entry.
    bytes_max: usize,
    /// The last few bytes of the present line.
    line_so_far: Vec<u8>,
    /// The number of characters of the present line so far.
    column: usize,
    line: usize,
    offset: u64,
    /// The line at which the list around all entries begins.
    list: Option<usize>,
    is_list_over: bool,
}

/// The position of the scan within an entry.
#[derive(Default)]
struct Scan {
    /// For each open bracket, how many brackets and tags are around it.
    around: Vec<usize>,
    /// The same for the next datum within the innermost bracket, with and without its tags.
    depth: usize,
    depth_untagged: usize,
    is_in_tag: bool,
    /// Whether the last byte was `#`.
    is_after_hash: bool,
    is_in_string: bool,
    is_in_comment: bool,
    is_escaped: bool,
}

impl<R: BufRead> Entries<R> {
    pub(crate) fn new(input: R, bytes_max: usize) -> Self {
        let (line_so_far, column, line, offset) = (Vec::new(), 0, 1, 0);
        let (list, is_list_over) = (None, false);
        Self { input, bytes_max, line_so_far, column, line, offset, list, is_list_over }
    }

    /// Returns the next byte, without taking it.
    fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Input(error)),
            }
        }
    }

    fn take(&mut self, byte: u8, is_in_string: bool) -> Result<(), Trouble> {
        let is_control =
            !is_in_string && byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
        if is_control {
            return Err(Trouble::NotText { offset: self.offset, byte });
        }
        self.input.consume(1);
        self.offset += 1;
        if byte == b'\n' {
            self.line += 1;
            self.line_so_far.clear();
            self.column = 0;
        } else {
            if self.line_so_far.len() >= 2 * INDENT {
                self.line_so_far.drain(..INDENT);
            }
            self.line_so_far.push(byte);
            // Continuation bytes of a character do not count.
            self.column += usize::from(byte & 0xc0 != 0x80);
        }
        Ok(())
    }

    /// Skips a byte-order mark, which some editors write at the beginning of a file.
    fn skip_mark(&mut self) -> Result<(), Trouble> {
        const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
        while let Some(byte) = MARK.get(usize::try_from(self.offset).unwrap_or(MARK.len()))
            && self.peek()? == Some(*byte)
        {
            self.take(*byte, false)?;
            (self.column, self.line_so_far) = (0, Vec::new());
        }
        Ok(())
    }

    /// Returns the next entry; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Text>, Trouble> {
        let mut is_comment = false;
        let mut discarded = 0;
        self.skip_mark()?;
        loop {
            let Some(byte) = self.peek()? else {
                return match self.list {
                    Some(line) if !self.is_list_over => Err(Trouble::Unclosed { line }),
                    _ => Ok(None),
                };
            };
            match byte {
                b'\n' => is_comment = false,
                _ if is_comment => {}
                b' ' | b'\t' | b'\r' | b',' => {}
                b';' => is_comment = true,
                b'[' | b'(' if self.list.is_none() && discarded == 0 => self.list = Some(self.line),
                b']' | b')' if self.list.is_some() && !self.is_list_over => {
                    self.is_list_over = true;
                }
                _ => {
                    let text = self.entry()?;
                    discarded += discards(&text.text);
                    if discarded > 0 {
                        discarded -= 1;
                        continue;
                    }
                    let is_stray = self.is_list_over || text.text.starts_with([']', ')', '}']);
                    return if is_stray { Err(Trouble::Stray(text)) } else { Ok(Some(text)) };
                }
            }
            self.take(byte, false)?;
        }
    }

    fn entry(&mut self) -> Result<Text, Trouble> {
        let (line, column, offset) = (self.line, self.column, self.offset);
        let indent = String::from_utf8_lossy(&self.line_so_far).into_owned();
        let mut bytes = Vec::new();
        let mut scan = Scan::default();
        let mut is_whole = false;
        while let Some(byte) = self.peek()? {
            if scan.ends_before(byte, !bytes.is_empty()) {
                is_whole = true;
                break;
            }
            self.take(byte, scan.is_in_string)?;
            bytes.push(byte);
            if bytes.len() > self.bytes_max {
                break;
            }
            if scan.ends_with(byte) {
                is_whole = true;
                break;
            }
            if scan.depth > DEPTH_MAX {
                break;
            }
        }
        let is_long = bytes.len() > self.bytes_max;
        let is_deep = scan.depth > DEPTH_MAX;
        let is_open = !is_whole && (!scan.around.is_empty() || scan.is_in_string);
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            Trouble::NotText { offset: offset + place as u64, byte: error.as_bytes()[place] }
        })?;
        let text = Text { text, line, column, indent };
        match (is_long, is_deep, is_open) {
            (true, ..) => Err(Trouble::TooLong(text)),
            (_, true, _) => Err(Trouble::TooDeep(text)),
            (.., true) => Err(Trouble::CutOff(text)),
            (.., false) => Ok(text),
        }
    }
}

/// Returns the number of entries that the leading `#_` of a text discard: that entry and following
/// ones.
fn discards(text: &str) -> usize {
    let (mut count, mut rest) = (0, text);
    while let Some(after) = rest.strip_prefix("#_") {
        (count, rest) = (count + 1, after.trim_start());
    }
    count
}

impl Scan {
    /// Returns whether an entry outside of brackets ends before `byte`.
    fn ends_before(&self, byte: u8, has_begun: bool) -> bool {
        let is_end = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b')' | b'}');
        has_begun && self.depth == 0 && !self.is_in_string && is_end
    }

    /// Returns whether `byte` closes the outermost bracket.
    fn ends_with(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.is_escaped) {
            return false;
        }
        let is_after_hash = std::mem::take(&mut self.is_after_hash);
        match byte {
            b'\n' if self.is_in_comment => self.is_in_comment = false,
            _ if self.is_in_comment => {}
            b'\\' => {
                self.is_escaped = true;
                self.on_datum();
            }
            b'"' => {
                self.is_in_string = !self.is_in_string;
                self.on_datum();
            }
            _ if self.is_in_string => {}
            b';' => self.is_in_comment = true,
            b'#' => {
                self.depth += 1;
                (self.is_in_tag, self.is_after_hash) = (true, true);
            }
            // The discarded datum follows at once.
            b'_' if is_after_hash => self.is_in_tag = false,
            b'{' if is_after_hash => {
                self.depth -= 1;
                self.open();
            }
            b'{' | b'[' | b'(' => self.open(),
            b'}' | b']' | b')' => {
                self.close();
                return self.around.is_empty();
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' => self.is_in_tag = false,
            _ if self.is_in_tag => {}
            _ => self.on_datum(),
        }
        false
    }

    /// Records the end of a datum: the tags before it do not belong to the next one.
    fn on_datum(&mut self) {
        self.depth = self.depth_untagged;
        self.is_in_tag = false;
    }

    fn open(&mut self) {
        self.around.push(self.depth_untagged);
        self.depth += 1;
        self.depth_untagged = self.depth;
        self.is_in_tag = false;
    }

    fn close(&mut self) {
        self.depth_untagged = self.around.pop().unwrap_or(0);
        self.on_datum();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    fn is_too_deep(text: &str) -> bool {
        let mut entries = Entries::new(text.as_bytes(), 1 << 20);
        matches!(entries.next(), Err(Trouble::TooDeep(_)))
    }

    /// Returns an entry whose innermost datum has `brackets` and `tags` around it, in turn.
    fn nested(brackets: usize, tags: usize) -> String {
        let (open, close) = ("[".repeat(brackets - 1), "]".repeat(brackets - 1));
        format!("{{:value {}{open}1{close}}}", "#a ".repeat(tags))
    }

    #[test]
    fn brackets_and_tags_are_counted_together() {
        for (brackets, tags, is_deep) in
            [(128, 0, false), (129, 0, true), (1, 127, false), (1, 128, true), (64, 65, true)]
        {
            assert_eq!(is_too_deep(&nested(brackets, tags)), is_deep, "{brackets} {tags}");
        }
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        for one in ["#a 1 ", "[] ", "#a {} ", "#{1} ", "#a \"#[\" ", "\\[ ", "a#b ", "#a :b, "] {
            let text = format!("{{:value [{}]}}", one.repeat(1_000));
            assert!(!is_too_deep(&text), "{one}");
        }
    }

    #[test]
    fn brackets_within_texts_and_comments_are_none() {
        for text in ["\"[\"", ";[\n"] {
            assert!(!is_too_deep(&format!("{{:value [{} 1]}}", text.repeat(1_000))), "{text}");
        }
    }
}
