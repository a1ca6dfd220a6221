//! Proves the judges: each is shown a sequence that must break its rule, with the expected
//! evidence, and a similar one that must not.

use std::sync::Arc;

use squall_judge::{Answered, AnsweredOnce, End, Judge, Marks, Observation, Ruling, Seen, Verdict};
use squall_paxos::{
    Claim, ClusterId, Configuration, Entry, Op, Participant, Record, Reply, Value, Vote,
};
use squall_process::{Instant, OpId, Outcome, ProcessId, RecordNumber};
use squall_sim_synod::{
    Agreement, Ballots, EveryoneLearns, Integrity, LearnedIsChosen, OneChoice, Patience, Promises,
    Questions, Validity,
};

/// One observation, as a value.
#[derive(Clone)]
enum See {
    Asked(&'static str, u64, &'static str),
    Told(&'static str, u64, Told),
    Claims(&'static str, Claim<Value>),
    Durable(&'static str, Entry<Value>),
    Crashed(&'static str),
    Booted(&'static str, Boot),
    Calm,
}

#[derive(Clone)]
enum Told {
    Chosen(&'static str),
    Nothing,
    Unknown,
    Refused,
}

#[derive(Clone, Copy, PartialEq)]
enum Boot {
    First,
    Again,
    Replaced,
    Rotten,
}

use See::{Asked, Booted, Calm, Claims, Crashed, Durable};

fn value(word: &str) -> Value {
    word.parse().expect("a word")
}

/// `1.n1=apple`.
fn vote(text: &str) -> Vote<Value> {
    let (ballot, word) = text.split_once('=').expect("a ballot and a word");
    Vote { ballot: ballot.parse().expect("a ballot"), value: value(word) }
}

fn learned(process: &'static str, word: &str) -> See {
    Claims(process, Claim::Learned { value: value(word) })
}

fn leads(process: &'static str, ballot: &str) -> See {
    Claims(process, Claim::Leads { ballot: ballot.parse().expect("a ballot") })
}

fn proposes(process: &'static str, text: &str) -> See {
    Claims(process, Claim::Proposes { vote: vote(text) })
}

fn accepted(process: &'static str, text: &str) -> See {
    Durable(process, Entry::Accepted(vote(text)))
}

fn promised(process: &'static str, ballot: &str) -> See {
    Durable(process, Entry::Promised(ballot.parse().expect("a ballot")))
}

fn round(process: &'static str, ballot: &str) -> See {
    Durable(process, Entry::Round(ballot.parse().expect("a ballot")))
}

fn told(process: &'static str, op: u64, word: &'static str) -> See {
    See::Told(process, op, Told::Chosen(word))
}

fn told_nothing(process: &'static str, op: u64) -> See {
    See::Told(process, op, Told::Nothing)
}

/// Returns three acceptors with majorities.
fn cell() -> Arc<Configuration> {
    Arc::new(Configuration::majority(3).expect("three acceptors"))
}

/// Shows `judge` one observation, as event `number`.
fn show<J: Judge<Participant<Value>>>(judge: &mut J, number: u64, see: &See) -> Ruling {
    let id = |name: &str| name.parse::<ProcessId>().expect("a name");
    let (op, outcome, record);
    let what = match see {
        Asked(process, id_of_op, text) => {
            op = text.parse::<Op<Value>>().expect("an operation");
            Observation::Asked { process: id(process), id: OpId(*id_of_op), op: &op }
        }
        See::Told(process, id_of_op, what) => {
            outcome = match what {
                Told::Chosen(word) => Outcome::Done(Reply::Chosen(value(word))),
                Told::Nothing => Outcome::Done(Reply::Nothing),
                Told::Unknown => Outcome::Unknown,
                Told::Refused => Outcome::Refused,
            };
            Observation::Completed { process: id(process), id: OpId(*id_of_op), outcome: &outcome }
        }
        Claims(process, claim) => Observation::Claimed { process: id(process), claim },
        Durable(process, entry) => {
            let (cluster, process) = (ClusterId(1), id(process));
            record = Record { cluster, process, incarnation: 0, entry: *entry };
            Observation::Durable { process, number: RecordNumber(number), record: &record }
        }
        Crashed(process) => Observation::Crashed { process: id(process), unsynced: 0 },
        Booted(process, boot) => Observation::Booted {
            process: id(process),
            incarnation: u64::from(*boot != Boot::First),
            replaced: *boot == Boot::Replaced,
            rotten: *boot == Boot::Rotten,
        },
        Calm => Observation::Calm,
    };
    judge.see(&Seen { number, at: Instant::from_millis(number), what }, &mut Marks::default())
}

/// Shows `judge` all observations, numbered from 1, and returns its verdict at `end`.
fn judge<J: Judge<Participant<Value>>>(mut judge: J, end: End, observations: &[See]) -> Verdict {
    for (number, see) in (1..).zip(observations) {
        if let Err(evidence) = show(&mut judge, number, see) {
            assert_eq!(number as usize, observations.len(), "broken before the end: {evidence:?}");
            return Verdict::Broken(*evidence);
        }
    }
    judge.close(end)
}

/// Checks that the rule breaks at the last observation, or at the end.
#[track_caller]
fn breaks<J: Judge<Participant<Value>>>(of: J, observations: &[See], story: &str, events: &[u64]) {
    let verdict = judge(of, End::Overdue, observations);
    let Verdict::Broken(evidence) = verdict else { panic!("{verdict}") };
    assert_eq!((evidence.story().as_str(), evidence.events.as_slice()), (story, events));
}

#[track_caller]
fn holds<J: Judge<Participant<Value>>>(of: J, observations: &[See]) {
    assert_eq!(judge(of, End::Overdue, observations), Verdict::Holds);
}

#[test]
fn agreement_compares_what_anybody_learns_or_is_told() {
    let two = [learned("n1", "apple"), learned("n2", "pear")];
    breaks(Agreement::default(), &two, "n1 learned apple, n2 learned pear", &[1, 2]);
    let client = [learned("n1", "apple"), learned("n2", "apple"), told("c1", 1, "pear")];
    breaks(Agreement::default(), &client, "n1 learned apple, c1 learned pear", &[1, 3]);
    let clients = [told("c2", 1, "pear"), told_nothing("c1", 2), told("c1", 3, "apple")];
    breaks(Agreement::default(), &clients, "c2 learned pear, c1 learned apple", &[1, 3]);
}

/// Votes and proposals for other values are no disagreement.
#[test]
fn agreement_holds_among_rivals() {
    let rivals = [
        proposes("n1", "1.n1=apple"),
        accepted("n1", "1.n1=apple"),
        proposes("n2", "2.n2=pear"),
        accepted("n2", "2.n2=pear"),
        learned("n2", "pear"),
        told("c1", 1, "pear"),
        Booted("n2", Boot::Again),
        learned("n2", "pear"),
    ];
    holds(Agreement::default(), &rivals);
}

#[test]
fn validity_knows_who_proposed_what() {
    let asked = || Asked("c1", 1, "propose apple");
    let story = |rest: &str| format!("{rest} pear, which was never proposed");
    let vote = [asked(), accepted("n2", "1.n1=apple"), accepted("n1", "1.n1=pear")];
    breaks(Validity::default(), &vote, &story("n1 accepted"), &[3]);
    let claim = [asked(), learned("n3", "pear")];
    breaks(Validity::default(), &claim, &story("n3 learned"), &[2]);
    let answer = [asked(), told("c1", 1, "pear")];
    breaks(Validity::default(), &answer, &story("c1 is told"), &[2]);
    // A later proposal is too late.
    let early = [accepted("n1", "1.n1=pear")];
    breaks(Validity::default(), &early, &story("n1 accepted"), &[1]);
}

#[test]
fn validity_holds_for_anything_that_somebody_proposed() {
    let mixed = [
        Asked("c1", 1, "propose apple"),
        Asked("c2", 2, "propose pear"),
        Asked("c1", 3, "ask"),
        promised("n1", "1.n1"),
        accepted("n1", "1.n1=pear"),
        learned("n1", "pear"),
        told("c1", 1, "pear"),
        told_nothing("c1", 3),
    ];
    holds(Validity::default(), &mixed);
}

#[test]
fn integrity_counts_what_one_life_learns() {
    let twice = [learned("n1", "apple"), learned("n2", "apple"), learned("n1", "apple")];
    breaks(Integrity::default(), &twice, "n1 learned twice in one incarnation", &[1, 3]);
    let later = [
        learned("n1", "apple"),
        Booted("n1", Boot::Again),
        learned("n1", "apple"),
        learned("n1", "apple"),
    ];
    breaks(Integrity::default(), &later, "n1 learned twice in one incarnation", &[3, 4]);
}

#[test]
fn integrity_holds_if_each_life_learns_once() {
    let once = [
        Booted("n1", Boot::First),
        learned("n1", "apple"),
        learned("n2", "apple"),
        Crashed("n1"),
        Booted("n1", Boot::Again),
        learned("n1", "apple"),
        told("c1", 1, "apple"),
        told("c1", 2, "apple"),
    ];
    holds(Integrity::default(), &once);
}

#[test]
fn what_no_quorum_has_on_its_disks_is_not_learned() {
    let judge = || LearnedIsChosen::new(&cell());
    let story = "n1 learned apple, and no quorum has it on its disks";
    breaks(judge(), &[accepted("n1", "1.n1=apple"), learned("n1", "apple")], story, &[2]);
    // Two votes for one value under two ballots are not a quorum.
    let ballots =
        [accepted("n1", "1.n1=apple"), accepted("n2", "2.n2=apple"), learned("n1", "apple")];
    breaks(judge(), &ballots, story, &[3]);
    // Nor are two votes of one acceptor.
    let twice =
        [accepted("n1", "1.n1=apple"), accepted("n1", "1.n1=apple"), learned("n1", "apple")];
    breaks(judge(), &twice, story, &[3]);
    // A client may not report more than servers.
    let client = [accepted("n1", "1.n1=apple"), told("c1", 1, "apple")];
    breaks(judge(), &client, "c1 learned apple, and no quorum has it on its disks", &[2]);
    // Another value is chosen.
    let other = [
        accepted("n1", "1.n1=apple"),
        accepted("n2", "1.n1=apple"),
        accepted("n3", "2.n3=pear"),
        learned("n3", "pear"),
    ];
    breaks(judge(), &other, "n3 learned pear, but 1.n1=apple is chosen", &[2, 4]);
}

/// Whether any server knows it, and whichever servers are up.
#[test]
fn what_a_quorum_has_on_its_disks_may_be_learned() {
    let chosen = [
        accepted("n1", "1.n1=apple"),
        Crashed("n1"),
        accepted("n2", "1.n1=apple"),
        learned("n3", "apple"),
        told("c1", 1, "apple"),
        accepted("n2", "2.n2=apple"),
        accepted("n3", "2.n2=apple"),
        learned("n2", "apple"),
        See::Told("c1", 2, Told::Unknown),
    ];
    holds(LearnedIsChosen::new(&cell()), &chosen);
}

#[test]
fn promises_that_go_back_are_broken() {
    let lower = [promised("n1", "2.n2"), promised("n1", "1.n3")];
    let story = "n1 had promised 2.n2 and then promised 1.n3";
    breaks(Promises::default(), &lower, story, &[1, 2]);
    // A vote below a promise, across a restart.
    let vote = [promised("n1", "2.n2"), Booted("n1", Boot::Again), accepted("n1", "1.n3=apple")];
    let story = "n1 had promised 2.n2 and then accepted 1.n3=apple";
    breaks(Promises::default(), &vote, story, &[1, 3]);
    // A vote is also a promise.
    let implied = [accepted("n1", "2.n2=apple"), promised("n1", "1.n3")];
    let story = "n1 had promised 2.n2 and then promised 1.n3";
    breaks(Promises::default(), &implied, story, &[1, 2]);
}

#[test]
fn who_lost_its_memory_may_not_promise() {
    let replaced = [promised("n1", "1.n2"), Booted("n1", Boot::Replaced), promised("n1", "2.n2")];
    let story = "n1 lost its memory and made promised 2.n2 durable all the same";
    breaks(Promises::default(), &replaced, story, &[2, 3]);
    let rotten = [
        Booted("n1", Boot::Rotten),
        Booted("n1", Boot::Again),
        round("n1", "1.n1"),
        accepted("n1", "1.n1=apple"),
    ];
    let story = "n1 lost its memory and made accepted 1.n1=apple durable all the same";
    breaks(Promises::default(), &rotten, story, &[1, 4]);
}

/// Each acceptor has its own promises, and the rounds of a proposer do not count.
#[test]
fn promises_hold_while_they_rise() {
    let rising = [
        round("n1", "7.n1"),
        promised("n1", "1.n1"),
        promised("n2", "1.n3"),
        promised("n1", "1.n1"),
        accepted("n1", "1.n1=apple"),
        Booted("n1", Boot::Again),
        promised("n1", "1.n3"),
        accepted("n1", "1.n3=pear"),
        promised("n2", "2.n1"),
        Booted("n3", Boot::Replaced),
        round("n3", "1.n3"),
    ];
    holds(Promises::default(), &rising);
}

#[test]
fn a_ballot_has_one_value_one_owner_and_one_beginning() {
    let values = [accepted("n1", "1.n1=apple"), accepted("n2", "1.n1=pear")];
    let story = "1.n1=apple and, at n2, 1.n1=pear: two values in one ballot";
    breaks(Ballots::default(), &values, story, &[1, 2]);
    let proposed = [accepted("n2", "1.n1=apple"), proposes("n1", "1.n1=pear")];
    let story = "1.n1=apple and, at n1, 1.n1=pear: two values in one ballot";
    breaks(Ballots::default(), &proposed, story, &[1, 2]);
    let again = [leads("n1", "1.n1"), Booted("n1", Boot::Again), leads("n1", "1.n1")];
    breaks(Ballots::default(), &again, "n1 began 1.n1 a second time", &[1, 3]);
    let owner = "n2 uses 1.n1, which is not its own";
    breaks(Ballots::default(), &[leads("n2", "1.n1")], owner, &[1]);
    breaks(Ballots::default(), &[proposes("n2", "1.n1=apple")], owner, &[1]);
}

/// The same value under many ballots, and many values under as many.
#[test]
fn ballots_hold_among_rivals() {
    let rivals = [
        leads("n1", "1.n1"),
        proposes("n1", "1.n1=apple"),
        accepted("n2", "1.n1=apple"),
        leads("n2", "1.n2"),
        proposes("n2", "1.n2=pear"),
        accepted("n2", "1.n2=pear"),
        leads("n1", "2.n1"),
        proposes("n1", "2.n1=apple"),
        accepted("n1", "2.n1=apple"),
        accepted("n1", "2.n1=apple"),
    ];
    holds(Ballots::default(), &rivals);
}

#[test]
fn nothing_is_no_answer_to_who_asked_after_the_choice() {
    let late = [
        accepted("n1", "1.n1=apple"),
        accepted("n2", "1.n1=apple"),
        Asked("c1", 1, "ask"),
        told_nothing("c1", 1),
    ];
    let story = "c1 is told nothing for o1, asked after 1.n1=apple was chosen";
    breaks(Questions::new(&cell()), &late, story, &[2, 3, 4]);
}

/// The question came before the choice, or when there was one vote. Since then "nothing" was true
/// at some time.
#[test]
fn nothing_is_an_answer_to_who_asked_before() {
    let early = [
        accepted("n1", "1.n1=apple"),
        Asked("c1", 1, "ask"),
        accepted("n2", "1.n1=apple"),
        told_nothing("c1", 1),
        Asked("c1", 2, "ask"),
        told("c1", 2, "apple"),
        Asked("c2", 3, "ask"),
        See::Told("c2", 3, Told::Unknown),
    ];
    holds(Questions::new(&cell()), &early);
}

#[test]
fn who_is_up_and_has_not_learned_breaks_everyone_learns() {
    let judge = || EveryoneLearns::new(&cell());
    let story = "n2 has not learned apple: the time in which progress was due went by";
    let chosen = |rest: &[See]| {
        let mut observations: Vec<See> =
            ["n1", "n2", "n3"].map(|name| Booted(name, Boot::First)).to_vec();
        observations.extend([accepted("n1", "1.n1=apple"), accepted("n3", "1.n1=apple")]);
        observations.extend(rest.iter().cloned());
        observations
    };
    let missing = chosen(&[learned("n1", "apple"), learned("n3", "apple"), Calm]);
    breaks(judge(), &missing, story, &[5]);
    // It learned in an earlier incarnation.
    let forgotten = chosen(&[
        learned("n1", "apple"),
        learned("n2", "apple"),
        learned("n3", "apple"),
        Calm,
        Crashed("n2"),
        Booted("n2", Boot::Again),
    ]);
    breaks(judge(), &forgotten, story, &[5]);
    // A server that is down cannot learn, and a server that is up did.
    let down = chosen(&[learned("n1", "apple"), learned("n3", "apple"), Crashed("n2"), Calm]);
    holds(judge(), &down);
    // Before `calm` nothing is due, nor in a run that was stopped for another reason.
    holds(judge(), &chosen(&[learned("n1", "apple")]));
    assert_eq!(self::judge(judge(), End::Out, &missing), Verdict::Holds);
    assert_eq!(self::judge(judge(), End::Endless, &missing), Verdict::Holds);
}

#[test]
fn nobody_need_learn_what_is_not_chosen() {
    let open = [Booted("n1", Boot::First), accepted("n1", "1.n1=apple"), Calm];
    holds(EveryoneLearns::new(&cell()), &open);
}

#[test]
fn an_operation_is_answered_once_by_whom_it_was_asked() {
    let asked = || Asked("c1", 1, "ask");
    let twice = [asked(), told("c1", 1, "apple"), told("c1", 1, "apple")];
    breaks(AnsweredOnce::new(), &twice, "c1 answers o1 a second time", &[1, 2, 3]);
    // Not even if the first answer was "unknown".
    let unknown = [asked(), See::Told("c1", 1, Told::Unknown), told("c1", 1, "apple")];
    breaks(AnsweredOnce::new(), &unknown, "c1 answers o1 a second time", &[1, 2, 3]);
    let other = [asked(), told("c2", 1, "apple")];
    breaks(AnsweredOnce::new(), &other, "c2 answers o1, which c1 was asked", &[1, 2]);
    let never = [asked(), told("c1", 7, "apple")];
    breaks(AnsweredOnce::new(), &never, "c1 answers o7, which was never asked", &[2]);
    let fine = [asked(), Asked("c2", 2, "ask"), told("c2", 2, "apple"), told_nothing("c1", 1)];
    holds(AnsweredOnce::new(), &fine);
}

#[test]
fn an_open_operation_is_answered_after_calm() {
    let open = [Asked("c1", 1, "ask"), Asked("c2", 2, "ask"), told("c1", 1, "apple"), Calm];
    let story = "o2 of c2 is not answered: the time in which progress was due went by";
    breaks(Answered::new(), &open, story, &[2]);
    // An operation that is asked for after `calm` is due as well.
    let late = [Calm, Asked("c2", 2, "ask")];
    breaks(Answered::new(), &late, story, &[2]);
}

/// The client is gone, nothing is due yet, or "unknown" is an answer.
#[test]
fn an_operation_need_not_be_answered_to_the_dead() {
    let died = [Asked("c1", 1, "ask"), Crashed("c1"), Booted("c1", Boot::Again), Calm];
    holds(Answered::new(), &died);
    holds(Answered::new(), &[Asked("c1", 1, "ask")]);
    holds(Answered::new(), &[Asked("c1", 1, "ask"), Calm, See::Told("c1", 1, Told::Unknown)]);
}

/// A run goes on while a judge still waits for something.
#[test]
fn judges_of_progress_say_when_they_are_satisfied() {
    fn is_satisfied<J: Judge<Participant<Value>>>(judge: &J) -> bool {
        judge.is_satisfied()
    }
    let mut answered = Answered::new();
    assert!(is_satisfied(&answered));
    show(&mut answered, 1, &Asked("c1", 1, "ask")).expect("nothing is wrong");
    assert!(!is_satisfied(&answered));
    show(&mut answered, 2, &told("c1", 1, "apple")).expect("nothing is wrong");
    assert!(is_satisfied(&answered));

    let mut learns = EveryoneLearns::new(&cell());
    let chosen = [accepted("n1", "1.n1=apple"), accepted("n2", "1.n1=apple")];
    show(&mut learns, 1, &Booted("n1", Boot::First)).expect("nothing is wrong");
    assert!(is_satisfied(&learns));
    chosen.iter().for_each(|see| show(&mut learns, 2, see).expect("nothing is wrong"));
    assert!(!is_satisfied(&learns));
    show(&mut learns, 3, &learned("n1", "apple")).expect("nothing is wrong");
    assert!(is_satisfied(&learns));
}

/// No server learns anything here. The disks are enough.
#[test]
fn one_choice_is_told_from_durable_votes() {
    let chosen = [accepted("n1", "1.n1=apple"), accepted("n2", "1.n1=apple")];
    let mut overwritten = chosen.to_vec();
    overwritten.push(accepted("n2", "2.n2=pear"));
    let story = "1.n1=apple is chosen, and n2 goes on with 2.n2=pear";
    breaks(OneChoice::new(&cell()), &overwritten, story, &[2, 3]);
    let mut proposed = chosen.to_vec();
    proposed.push(proposes("n3", "2.n3=fig"));
    let story = "1.n1=apple is chosen, and n3 goes on with 2.n3=fig";
    breaks(OneChoice::new(&cell()), &proposed, story, &[2, 3]);
    // Two values under ballots that were never compared. Both quorums are complete.
    let two = [
        accepted("n1", "1.n1=pear"),
        accepted("n2", "2.n2=apple"),
        accepted("n3", "2.n2=apple"),
        accepted("n2", "1.n1=pear"),
    ];
    let story = "2.n2=apple is chosen, and n2 goes on with 1.n1=pear";
    breaks(OneChoice::new(&cell()), &two, story, &[3, 4]);
}

/// A vote of an earlier ballot may come late, and a later ballot may carry the choice.
#[test]
fn one_choice_holds_among_late_votes() {
    let late = [
        accepted("n1", "1.n1=pear"),
        accepted("n2", "2.n2=apple"),
        accepted("n3", "2.n2=apple"),
        proposes("n3", "3.n3=apple"),
        accepted("n1", "3.n3=apple"),
    ];
    holds(OneChoice::new(&cell()), &late);
}

#[test]
fn patience_minds_who_gives_up_and_what_was_refused() {
    let asked = || Asked("c1", 1, "propose apple");
    let gives_up = [asked(), See::Told("c1", 1, Told::Unknown)];
    let story = "c1 gives up o1, and was not told to";
    breaks(Patience::new(&cell()), &gives_up, story, &[2]);
    let refused = || See::Told("c1", 1, Told::Refused);
    let later = [asked(), refused(), accepted("n1", "1.n1=apple")];
    let story = "n1 accepted 1.n1=apple, which was refused";
    breaks(Patience::new(&cell()), &later, story, &[2, 3]);
    let before = [asked(), accepted("n1", "1.n1=apple"), refused()];
    let story = "o1 was refused, and apple had been accepted";
    breaks(Patience::new(&cell()), &before, story, &[2, 3]);
    // Another client asked for the same value.
    let other = Asked("c2", 2, "propose apple");
    holds(Patience::new(&cell()), &[asked(), other, refused(), accepted("n1", "1.n1=apple")]);
}
