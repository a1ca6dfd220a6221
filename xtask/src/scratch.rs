//! The scratch copy: a second copy of the project's sources, below `target/`, where a bug can be
//! planted without touching the originals.
//!
//! All bugs share one copy and one build folder, so that only the crates that a patch touches are
//! rebuilt between bugs. A file is written only if it differs, because cargo compares modification
//! times. The copy is locked, because two commands would overwrite each other's bugs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bug::Bug;
use crate::failure::Failure;
use crate::program::Program;

/// Below `target/`.
const FOLDER: &str = "museum";

/// What is copied: the workspace, as far as cargo wants to see it.
const COPIED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "crates", "sims", "benches", "xtask"];

/// Folders that nothing is built from.
const SKIPPED: [&str; 6] = ["target", "tests", "bugs", "scripts", "found", "findings"];

/// Workspaces of their own.
const APART: [&str; 2] = ["benches/peers", "benches/ring"];

/// The copy, and what is built from it.
pub(crate) struct Scratch {
    root: PathBuf,
    folder: PathBuf,
    /// Locked as long as it is open. The system unlocks it however the command ends.
    _lock: File,
}

impl Scratch {
    /// The scratch copy of the project in `root`, for this command alone.
    pub(crate) fn claim(root: &Path) -> Result<Self, Failure> {
        let folder = root.join("target").join(FOLDER);
        fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(Failure::file("make", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::InUse { folder }),
            Err(TryLockError::Error(error)) => Err(Failure::file("lock", &path)(error)),
        }
    }

    /// A folder for what comes of `bug`, empty.
    pub(crate) fn findings(&self, bug: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join("findings").join(bug);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Failure::file("empty", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        Ok(folder)
    }

    /// Where what was measured is kept.
    pub(crate) fn measured(&self) -> PathBuf {
        self.folder.join("measured")
    }

    /// Makes the copy what the project is, with `bug` planted if one is given. Says by a number
    /// what it is made of: another number, other code.
    pub(crate) fn plant(&self, bug: Option<&Bug>) -> Result<u32, Failure> {
        let patched = bug.map_or(Ok(Vec::new()), |bug| bug.apply(&self.root))?;
        let tree = self.tree();
        let mut files = BTreeSet::new();
        for name in COPIED {
            list(&self.root, Path::new(name), &mut files)?;
        }
        let mut sum = crc32fast::Hasher::new();
        for file in &files {
            let path = self.root.join(file);
            let source = fs::read(&path).map_err(Failure::file("read", &path))?;
            let name = file.to_string_lossy().replace('\\', "/");
            let planted = patched.iter().find(|patched| patched.file == name);
            let text = planted.map_or(source.as_slice(), |patched| patched.text.as_bytes());
            write_if_other(&tree.join(file), text)?;
            // What measures is not what is measured.
            if !name.starts_with("xtask") && !name.starts_with("benches") {
                sum.update(name.as_bytes());
                sum.update(text);
            }
        }
        self.forget_all_but(&files)?;
        Ok(sum.finalize())
    }

    /// Removes from the copy what the project does not have any more.
    fn forget_all_but(&self, files: &BTreeSet<PathBuf>) -> Result<(), Failure> {
        let tree = self.tree();
        let mut copied = BTreeSet::new();
        for name in COPIED {
            list(&tree, Path::new(name), &mut copied)?;
        }
        for stale in copied.difference(files) {
            let path = tree.join(stale);
            fs::remove_file(&path).map_err(Failure::file("remove", &path))?;
        }
        Ok(())
    }

    fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Builds the program from the copy, with `feature` if one is given, and keeps it under the
    /// name of `bug`.
    pub(crate) fn build(&self, bug: &str, feature: Option<&str>) -> Result<Program, Failure> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let built = self.folder.join("target");
        let output = Command::new(cargo)
            .args(["build", "--quiet", "--locked", "--package", "squall-sims", "--bin", "squall"])
            .args(["--no-default-features", "--features", feature.unwrap_or_default()])
            .args(["--profile", "museum", "--target-dir"])
            .arg(&built)
            // One patch after the other is built, each a little different from the last.
            .env_remove("CARGO_INCREMENTAL")
            .current_dir(self.tree())
            .output()
            .map_err(Failure::file("start cargo in", &self.tree()))?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            return Err(Failure::Build { bug: bug.to_owned(), output });
        }
        let name = format!("squall{}", std::env::consts::EXE_SUFFIX);
        let fresh = built.join("museum").join(&name);
        let kept = self.folder.join("programs").join(bug).join(name);
        let folder = kept.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
        fs::copy(&fresh, &kept).map_err(Failure::file("copy", &fresh))?;
        Ok(Program::new(kept, &self.root))
    }
}

/// Adds the files below `path` of `root`, whose own path stays relative to `root`.
fn list(root: &Path, path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    let full = root.join(path);
    if full.is_file() {
        files.insert(path.to_owned());
        return Ok(());
    }
    if !full.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&full).map_err(Failure::file("list", &full))? {
        let name = entry.map_err(Failure::file("list", &full))?.file_name();
        let shown = name.to_string_lossy();
        let path = path.join(&name);
        let is_apart = APART.iter().any(|apart| path == Path::new(apart));
        if !SKIPPED.contains(&shown.as_ref()) && !shown.starts_with('.') && !is_apart {
            list(root, &path, files)?;
        }
    }
    Ok(())
}

fn write_if_other(path: &Path, text: &[u8]) -> Result<(), Failure> {
    if fs::read(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    fs::write(path, text).map_err(Failure::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "\
[workspace]
resolver = \"3\"
members = [\"sims/all\"]
[profile.museum]
inherits = \"release\"
";
    const LOCK: &str = "\
version = 4
[[package]]
name = \"squall-sims\"
version = \"0.1.0\"
";
    const PACKAGE: &str = "\
[package]
name = \"squall-sims\"
version = \"0.1.0\"
edition = \"2024\"
[[bin]]
name = \"squall\"
path = \"main.rs\"
";
    const PATCH: &str = "\
breaks: it.
caught by: agreement
exposed by: luck.
source: none.

--- a/crates/paxos/src/lib.rs
+++ b/crates/paxos/src/lib.rs
@@ -1 +1 @@
-one
+two
";

    fn write(root: &Path, file: &str, text: &str) {
        write_if_other(&root.join(file), text.as_bytes()).unwrap();
    }

    /// A small project whose program is `main`.
    fn project(main: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "Cargo.toml", WORKSPACE);
        write(root.path(), "Cargo.lock", LOCK);
        write(root.path(), "sims/all/Cargo.toml", PACKAGE);
        write(root.path(), "sims/all/main.rs", main);
        write(root.path(), "crates/paxos/src/lib.rs", "one\n");
        root
    }

    #[test]
    fn a_bug_is_planted_into_the_copy_alone_and_gone_with_the_next() {
        let root = project("fn main() {}\n");
        let scratch = Scratch::claim(root.path()).unwrap();
        let bug = Bug::parse("synod", Path::new("two.patch"), PATCH.to_owned()).unwrap();
        let text =
            |file: PathBuf| fs::read_to_string(file.join("crates/paxos/src/lib.rs")).unwrap();
        let correct = scratch.plant(None).unwrap();
        assert_eq!(text(scratch.tree()), "one\n");
        let planted = scratch.plant(Some(&bug)).unwrap();
        assert_eq!(text(scratch.tree()), "two\n");
        assert_eq!(text(root.path().to_owned()), "one\n");
        assert!(planted != correct && scratch.plant(None).unwrap() == correct);
    }

    #[test]
    fn the_copy_forgets_what_the_project_has_not() {
        let root = project("fn main() {}\n");
        let scratch = Scratch::claim(root.path()).unwrap();
        write(root.path(), "sims/all/old.rs", "");
        write(root.path(), "sims/all/tests/story.rs", "");
        scratch.plant(None).unwrap();
        assert!(scratch.tree().join("sims/all/old.rs").exists());
        assert!(!scratch.tree().join("sims/all/tests").exists());
        fs::remove_file(root.path().join("sims/all/old.rs")).unwrap();
        scratch.plant(None).unwrap();
        assert!(!scratch.tree().join("sims/all/old.rs").exists());
    }

    #[test]
    fn two_commands_do_not_share_the_copy() {
        let root = project("fn main() {}\n");
        let scratch = Scratch::claim(root.path()).unwrap();
        let refused = Scratch::claim(root.path()).err().unwrap().to_string();
        assert!(refused.starts_with("another command is using "), "{refused}");
        assert!(refused.ends_with("museum; wait until it ends"), "{refused}");
        drop(scratch);
        assert!(Scratch::claim(root.path()).is_ok(), "a command that has ended releases the lock");
    }

    #[test]
    fn a_build_that_fails_is_told_in_the_words_of_the_compiler() {
        let root = project("fn main() { let number: u32 = \"two\"; }\n");
        let scratch = Scratch::claim(root.path()).unwrap();
        scratch.plant(None).unwrap();
        let error = scratch.build("own-value", None).err().unwrap().to_string();
        assert!(
            error.starts_with("with own-value planted, the program does not build:\n"),
            "{error}"
        );
        assert!(error.contains("mismatched types"), "{error}");
    }
}
