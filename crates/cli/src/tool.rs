//! A command that only some programs have, beside those that all of them have.

use crate::console::Console;
use crate::program::Failure;
use crate::status::Status;

/// One command more, which belongs to what a program is about: drawing a ring of nodes, say.
///
/// ```
/// use squall_cli::{Console, Failure, Squall, Status, Tool, clap};
///
/// struct Greet;
///
/// impl Tool for Greet {
///     fn command(&self) -> clap::Command {
///         clap::Command::new("greet").about("Say hello")
///     }
///
///     fn run(&self, _: &clap::ArgMatches, console: &mut Console<'_>, json: bool)
///         -> Result<Status, Failure>
///     {
///         writeln!(console.out, "{}", if json { "\"hello\"" } else { "hello" })?;
///         Ok(Status::Holds)
///     }
/// }
///
/// let status = Console::with_standard(|console| {
///     Squall::new().tool(Greet).run(["squall", "greet"], console)
/// });
/// assert_eq!(status, Status::Holds);
/// ```
pub trait Tool: Sync {
    /// Returns its name, help and arguments. `--json`, `--color` and `--quiet` are known
    /// everywhere.
    fn command(&self) -> clap::Command;

    /// Does what `arguments` ask for: data to `console.out`, as one line of JSON if `json`.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    fn run(
        &self,
        arguments: &clap::ArgMatches,
        console: &mut Console<'_>,
        json: bool,
    ) -> Result<Status, Failure>;
}
