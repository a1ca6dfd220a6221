//! Files that cannot be scripts: one clear sentence for each.

use std::fs;
use std::path::{Path, PathBuf};

use squall::{BYTES_MAX, ReadError, read};

/// Returns a file of this content, in a directory of the tests' own.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

/// Returns what is said of `path`, without its directory.
fn told(path: &Path) -> String {
    let error = read(path).unwrap_err();
    let directory = format!("{}/", env!("CARGO_TARGET_TMPDIR"));
    error.to_string().replace(&directory, "")
}

#[test]
fn text_is_given_as_it_is() {
    let text = "\u{feff}squall 1\r\n# é\tand more\n";
    assert_eq!(read(&file("text.squall", text.as_bytes())).unwrap(), text);
    assert_eq!(read(&file("empty.squall", b"")).unwrap(), "");
}

#[test]
fn a_missing_file() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("none.squall");
    insta::assert_snapshot!(told(&path), @"there is no file none.squall");
}

#[test]
fn a_directory() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("findings");
    fs::create_dir_all(&path).unwrap();
    insta::assert_snapshot!(told(&path), @"findings is a directory");
}

#[test]
fn a_file_too_large_is_not_read() {
    let path = file("large.squall", b"squall 1\n");
    // A hole of 1 TiB: it takes no room on the disk, and is too large to be read here.
    fs::File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    insta::assert_snapshot!(
        told(&path),
        @"large.squall has 1099511627776 bytes; a script has at most 8388608"
    );
    fs::remove_file(&path).unwrap();
}

#[test]
fn the_largest_file_and_one_byte_more() {
    let limit = usize::try_from(BYTES_MAX).unwrap();
    let path = file("limit.squall", &vec![b'\n'; limit]);
    assert_eq!(read(&path).unwrap().len(), limit);
    let path = file("limit.squall", &vec![b'\n'; limit + 1]);
    assert!(matches!(read(&path), Err(ReadError::TooLarge { size: 8_388_609, .. })));
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_stream_without_end() {
    let path = Path::new("/dev/zero");
    if path.exists() {
        assert!(matches!(read(path), Err(ReadError::TooLarge { .. })));
    }
}

#[test]
fn a_binary_file() {
    let path = file("binary.squall", b"squall 1\n\x7fELF\0");
    insta::assert_snapshot!(told(&path), @"binary.squall is not text: byte 9 is 0x7f");
}

#[test]
fn text_in_another_encoding() {
    let path = file("latin.squall", b"squall 1\n# caf\xe9\n");
    insta::assert_snapshot!(told(&path), @"latin.squall is not text: byte 14 is 0xe9");
}
