//! Bytes become a script: the door by which a fuzzer reaches the engine.
//!
//! Bytes that begin as a script's text does are read as one. All others are choices: the generator
//! that makes scripts of seeds draws from them instead, so whatever they are, they are a script
//! that a sweep could have made, and a fuzzer that mutates bytes mutates schedules. The first eight
//! are the seed of the script, from which all small luck comes.

use squall_script::{AnySystem, Script, ScriptError, parse};
use squall_world::Draw;
use thiserror::Error;

use crate::generate::{generate_from, noted};

/// How a script's text begins.
const TEXT: &[u8] = b"squall ";

/// The most bytes that are taken for choices: some hundred times what a script needs.
pub const CHOICES_MAX: usize = 64 << 10;

/// Why bytes are no script.
#[derive(Clone, Debug, Error)]
pub enum DecodeError {
    /// They begin as a script's text, and are not text in UTF-8.
    #[error("it begins as a script and is not text: byte {offset} is {byte:#04x}")]
    NotText {
        /// Where the first byte is that cannot be, from 0.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// They are text, and no script of this system.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// There are too many of them to be choices.
    #[error(
        "{size} bytes that do not begin with `squall` are no choices: at most {CHOICES_MAX} are"
    )]
    TooMany {
        /// How many there are.
        size: usize,
    },
}

/// The script of `system` that `bytes` stand for. `name` is where they are from, for errors.
///
/// # Errors
///
/// If they are the text of no script, or too many.
pub fn decode(system: &dyn AnySystem, bytes: &[u8], name: &str) -> Result<Script, DecodeError> {
    if bytes.starts_with(TEXT) {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let offset = error.valid_up_to();
            DecodeError::NotText { offset, byte: bytes[offset] }
        })?;
        return Ok(parse(system, text, name)?);
    }
    if bytes.len() > CHOICES_MAX {
        return Err(DecodeError::TooMany { size: bytes.len() });
    }
    Ok(generate_from(system, Draw::from_bytes(bytes)))
}

/// The bytes that [`decode`] makes the script of `seed` from, unless its seed spells the beginning
/// of a text.
pub fn encode(system: &dyn AnySystem, seed: u64) -> Vec<u8> {
    noted(system, seed)
}
