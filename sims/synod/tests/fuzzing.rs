//! What a fuzzer relies on: seeds are bytes, all bytes are scripts, and the message about a finding
//! is enough to reproduce it.

use squall_canary::Canary;
use squall_hunt::{DecodeError, decode, encode, generate};
use squall_process::Process;
use squall_script::{System, check, parse};
use squall_sim_echo::EchoSystem;
use squall_sim_synod::Synod;
use squall_sim_synod::SynodFlaw;
use squall_world::Draw;

/// Returns arbitrary bytes, of any length up to what a script needs.
fn any_bytes(draw: &mut Draw) -> Vec<u8> {
    let count = draw.below(400);
    // Some are mostly zeros, like the draws past the end of the bytes.
    let rare = draw.between(1, 8);
    (0..count).map(|_| if draw.below(rare) == 0 { draw.below(256) as u8 } else { 0 }).collect()
}

fn a_seed_is_bytes<S: System>(system: &S)
where
    S::Process: Process<Op: std::fmt::Debug>,
{
    for seed in (0..1_000).chain(u64::MAX - 10..u64::MAX) {
        let bytes = encode(system, seed);
        assert_eq!(decode(system, &bytes, "seed").expect("choices"), generate(system, seed));
    }
}

#[test]
fn the_bytes_of_a_seed_are_its_script() {
    a_seed_is_bytes(&Synod);
    a_seed_is_bytes(&EchoSystem);
}

fn bytes_are_a_script<S: System>(system: &S) {
    let mut draw = Draw::new(0, 7);
    for _ in 0..3_000 {
        let bytes = any_bytes(&mut draw);
        let script = decode(system, &bytes, "bytes").expect("choices");
        assert_eq!(check(&script, system), Ok(()), "{bytes:?}");
        assert!(system.setup(&script).is_ok(), "{bytes:?}");
        let printed = script.to_string();
        assert!(parse(system, &printed, "printed").as_ref() == Ok(&script), "{printed}");
    }
}

#[test]
fn any_bytes_are_a_sound_script() {
    bytes_are_a_script(&Synod);
    bytes_are_a_script(&EchoSystem);
}

#[test]
fn bytes_that_begin_as_a_script_are_read_as_one() {
    let script = generate(&Synod, 7);
    assert_eq!(decode(&Synod, script.to_string().as_bytes(), "text").unwrap(), script);
    let error = |bytes: &[u8]| decode(&Synod, bytes, "text").unwrap_err();
    assert!(matches!(error(b"squall 1\nsystem"), DecodeError::Script(_)));
    assert!(matches!(error(b"squall 1\n\xff"), DecodeError::NotText { offset: 9, byte: 0xff }));
    assert!(matches!(error(&[1; 70_000]), DecodeError::TooMany { size: 70_000 }));
}

/// A target that never fails proves nothing. On a Synod with a mistake, mutated bytes make it fail.
#[test]
fn a_fuzz_target_finds_the_canary_and_says_how_to_see_it_again() {
    let system = Canary(SynodFlaw::SpeaksEarly);
    let mut target = squall::fuzz(&system);
    let mut draw = Draw::new(0, 8);
    let message = (0..20_000).find_map(|seed| {
        let mut bytes = encode(&Synod, seed % 8);
        for _ in 0..draw.between(1, 4) {
            let place = draw.below(bytes.len() as u64) as usize;
            bytes[place] = draw.below(256) as u8;
        }
        target.outcome(&bytes).err()
    });
    let message = message.expect("a finding");
    let (told, script) = message.split_once("\n\n").unwrap();
    assert!(told.starts_with("learned-is-chosen is broken: "), "{told}");
    let again = squall::fuzz(&system).outcome(script.as_bytes());
    assert_eq!(again.unwrap_err().split_once("\n\n").unwrap().0, told);
}

/// A script that was not generated may leave no way to recover, so it is judged on safety alone.
#[test]
fn a_text_is_judged_on_safety_alone() {
    let text = "squall 1\nsystem synod\nseed 1\nservers 3\nclients 1\n\n\
                0ms c1 propose fig\n2ms calm\n";
    let script: squall_script::Script = parse(&Synod, text, "text").unwrap();
    let report = squall_script::Runner::new(&Synod).run(&script, ()).unwrap();
    assert!(report.progress_due);
    let report = squall::fuzz(&Synod).outcome(text.as_bytes()).unwrap().unwrap();
    assert!(!report.progress_due);
}

#[test]
fn what_is_no_script_or_too_large_a_one_is_not_tried() {
    let mut target = squall::fuzz(&Synod);
    assert!(target.check(b"squall 1\nsystem").is_none());
    let crowd = "squall 1\nsystem synod\nseed 1\nservers 3\nclients 1000\n";
    assert!(target.check(crowd.as_bytes()).is_none());
    assert!(target.check(&[]).is_some());
}
