//! Stories of the program `cell`.

use std::process::{Command, Output};

use super::place::{Place, own_address};

fn cell(place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cell"));
    command.arg("--config").arg(place.file()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_is_described_started_asked_and_stopped() {
    let place = Place::new(3);
    let [a, b, c, d] = own_address();
    let host = format!("{a}.{b}.{c}.{d}");
    let said = cell(&place, &["init", "3", "--host", &host]);
    assert!(said.status.success(), "{}", text(&said.stderr));
    assert!(text(&said.stdout).contains("made the disks of n1, n2, n3"));
    // A cell is described once.
    let again = cell(&place, &["init", "3"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("cannot write"), "{}", text(&again.stderr));

    let mut local = tokio::process::Command::new(env!("CARGO_BIN_EXE_cell"));
    local.arg("--config").arg(place.file()).arg("local").kill_on_drop(true);
    let mut local = local.spawn().unwrap();
    assert_eq!(text(&cell(&place, &["put", "greeting", "hello"]).stdout), "stored\n");
    assert_eq!(text(&cell(&place, &["get", "greeting"]).stdout), "hello\n");
    let json = cell(&place, &["--json", "get", "greeting"]);
    assert_eq!(text(&json.stdout), "{\"key\":\"greeting\",\"value\":\"hello\"}\n");
    let absent = cell(&place, &["get", "nothing"]);
    assert_eq!((absent.status.code(), text(&absent.stdout)), (Some(1), "absent\n".to_owned()));
    let swapped = cell(&place, &["cas", "greeting", "hello", "bye"]);
    assert_eq!(text(&swapped.stdout), "swapped\n");
    let refused = cell(&place, &["cas", "greeting", "--absent", "x"]);
    assert_eq!(refused.status.code(), Some(1));
    let status = text(&cell(&place, &["status"]).stdout);
    assert!(status.contains("members n1, n2, n3; it can take 1 more failures"), "{status}");
    assert_eq!(text(&cell(&place, &["transfer", "n2"]).stdout), "handed to n2\n");

    let terminated = Command::new("kill").arg(local.id().unwrap().to_string()).status().unwrap();
    assert!(terminated.success());
    assert!(local.wait().await.unwrap().success());
}

#[test]
fn mistakes_are_explained() {
    let place = Place::new(1);
    let missing = cell(&place, &["status"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("cannot read"), "{}", text(&missing.stderr));
    std::fs::write(place.file(), "cluster = \"0000000000000007\"\nservers = true\n").unwrap();
    let wrong = text(&cell(&place, &["status"]).stderr);
    assert!(wrong.contains("line 2"), "{wrong}");
}
