//! The entries of a file, one after the other: maps that stand alone, or in one list around them.
//!
//! An entry is found by its brackets, whatever the format: strings, comments of EDN and characters
//! of EDN are known, and that is all. No more than one entry is held at a time.

use std::io::{self, BufRead};

/// So many bytes of a line are shown before an entry, at least, if there are as many.
const INDENT: usize = 256;

/// The text of one entry, and where it begins.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// How many characters stand before it in that line.
    pub(crate) column: usize,
    /// The last few of them.
    pub(crate) indent: String,
}

/// Why there is no next entry.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The file ends within the entry.
    CutOff(Text),
    /// The list around the entries is not closed.
    Unclosed { line: usize },
    /// It is larger than an entry may be.
    TooLong(Text),
    /// A closing bracket that nothing opened, or something behind the list.
    Stray(Text),
    /// A byte that is not text.
    NotText { offset: u64, byte: u8 },
    /// The file cannot be read.
    Input(io::Error),
}

/// Finds entries.
pub(crate) struct Entries<R> {
    input: R,
    /// The most bytes of one entry.
    bytes_max: usize,
    /// The last few bytes of the present line, up to here.
    line_so_far: Vec<u8>,
    /// How many characters the present line has, up to here.
    column: usize,
    line: usize,
    offset: u64,
    /// The line at which the list around all entries begins.
    list: Option<usize>,
    is_list_over: bool,
}

/// Where the scan is within an entry.
#[derive(Default)]
struct Scan {
    depth: usize,
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

    /// The next byte, without taking it.
    fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Input(error)),
            }
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Trouble> {
        let is_control = byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
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
            // A byte that goes on with a character is none.
            self.column += usize::from(byte & 0xc0 != 0x80);
        }
        Ok(())
    }

    /// The next entry; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Text>, Trouble> {
        let mut is_comment = false;
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
                b'[' | b'(' if self.list.is_none() => self.list = Some(self.line),
                b']' | b')' if self.list.is_some() && !self.is_list_over => {
                    self.is_list_over = true;
                }
                _ => {
                    let text = self.entry()?;
                    let is_stray = self.is_list_over || text.text.starts_with([']', ')', '}']);
                    return if is_stray { Err(Trouble::Stray(text)) } else { Ok(Some(text)) };
                }
            }
            self.take(byte)?;
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
            self.take(byte)?;
            bytes.push(byte);
            if bytes.len() > self.bytes_max {
                break;
            }
            if scan.ends_with(byte) {
                is_whole = true;
                break;
            }
        }
        let is_long = bytes.len() > self.bytes_max;
        let is_open = !is_whole && (scan.depth > 0 || scan.is_in_string);
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            Trouble::NotText { offset: offset + place as u64, byte: error.as_bytes()[place] }
        })?;
        let text = Text { text, line, column, indent };
        match (is_long, is_open) {
            (true, _) => Err(Trouble::TooLong(text)),
            (false, true) => Err(Trouble::CutOff(text)),
            (false, false) => Ok(text),
        }
    }
}

impl Scan {
    /// Whether an entry outside of brackets ends before `byte`.
    fn ends_before(&self, byte: u8, has_begun: bool) -> bool {
        let is_end = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b')' | b'}');
        has_begun && self.depth == 0 && !self.is_in_string && is_end
    }

    /// Whether `byte` closes the outermost bracket.
    fn ends_with(&mut self, byte: u8) -> bool {
        if std::mem::take(&mut self.is_escaped) {
            return false;
        }
        match byte {
            b'\n' => self.is_in_comment = false,
            _ if self.is_in_comment => {}
            b'\\' => self.is_escaped = true,
            b'"' => self.is_in_string = !self.is_in_string,
            _ if self.is_in_string => {}
            b';' => self.is_in_comment = true,
            b'{' | b'[' | b'(' => self.depth += 1,
            b'}' | b']' | b')' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
