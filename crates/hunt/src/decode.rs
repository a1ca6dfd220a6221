//! Decodes bytes into a script, by which a fuzzer reaches the engine.
//!
//! Bytes that begin like the text of a script are parsed. All other bytes are choices: the
//! generator draws from them instead of a seed. Any such bytes are therefore a script that a sweep
//! could have made, and a fuzzer that mutates bytes mutates schedules. The first eight bytes are
//! the seed of the script, from which all its luck is drawn.

use squall_script::{AnySystem, Script, ScriptError, parse};
use squall_world::Draw;
use thiserror::Error;

use crate::generate::{generate_from, noted};

/// The beginning of the text of a script.
const TEXT: &[u8] = b"squall ";

/// The largest number of bytes that are used as choices: about a hundred times what a script needs.
pub const CHOICES_MAX: usize = 64 << 10;

/// Why bytes are not a script.
#[derive(Clone, Debug, Error)]
pub enum DecodeError {
    /// They begin like the text of a script, but are not UTF-8.
    #[error("it begins as a script and is not text: byte {offset} is {byte:#04x}")]
    NotText {
        /// The offset of the first invalid byte, from 0.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// They are text, but not a script of this system.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// They are too many to be choices.
    #[error(
        "{size} bytes that do not begin with `squall` are no choices: at most {CHOICES_MAX} are"
    )]
    TooMany {
        /// The number of bytes.
        size: usize,
    },
}

/// Returns the script of `system` that `bytes` encode. `name` is the source of the bytes, for
/// errors.
///
/// # Errors
///
/// Returns an error if the bytes are the text of an invalid script, or too many.
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

/// Returns the bytes that [`decode`] turns into the script of `seed`, unless the seed itself spells
/// the beginning of a text.
pub fn encode(system: &dyn AnySystem, seed: u64) -> Vec<u8> {
    noted(system, seed)
}
