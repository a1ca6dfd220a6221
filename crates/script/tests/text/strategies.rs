//! Every valid script of the toy system, as proptest draws it.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use squall_process::{Instant, ProcessId, RecordNumber, Span};
use squall_script::{Action, DRIFT_MAX, Judged, Knob, KnobValue, Knobs, Line, Operation, Script};
use squall_trace::Link;
use squall_world::{
    Chance, Condition, Conditions, Delay, Fault, Group, Keep, Kept, KeptRecords, Links, Luck,
    MessageLuck, Sides, SpanRange, SyncLuck, Tail,
};

use crate::toy::{KNOBS, Request};

type Sizes = (u32, u32);

pub(crate) fn script() -> impl Strategy<Value = Script> {
    (1..=6_u32, 0..=3_u32).prop_flat_map(|sizes| {
        let head = (any::<u64>(), any::<bool>(), knobs(), option::of(instant()));
        (head, vec(condition(), 0..6), 1..u64::MAX, lines(sizes)).prop_map(
            move |((seed, is_safety, knobs, end), conditions, steps, lines)| {
                let mut script = Script::new("synod", seed, sizes.0, sizes.1);
                if is_safety {
                    script.judged = Judged::Safety;
                }
                script.conditions = Conditions::default();
                for condition in conditions {
                    script.conditions.set(condition);
                }
                // The toy refuses batches on one node.
                if sizes.0 > 1 {
                    script.knobs = knobs;
                }
                script.steps = steps;
                script.end = end;
                script.lines = lines;
                script
            },
        )
    })
}

/// Faults, luck and requests by rising time, and perhaps a calm with luck and requests behind it.
fn lines(sizes: Sizes) -> impl Strategy<Value = Vec<Line>> {
    let wild = vec(prop_oneof![fault(sizes).prop_map(Action::Fault), harmless(sizes)], 0..12);
    let calm = option::of((calm(sizes), vec(harmless(sizes), 0..4)));
    (wild, calm).prop_flat_map(|(mut actions, calm)| {
        if let Some((calm, after)) = calm {
            actions.push(Action::Calm(calm));
            actions.extend(after);
        }
        // A draw is fixed once.
        let mut fixed = BTreeSet::new();
        actions.retain(|action| match action {
            Action::Luck(luck) => fixed.insert(luck.address()),
            _ => true,
        });
        vec(instant(), actions.len()).prop_map(move |mut times| {
            times.sort_unstable();
            let pairs = times.into_iter().zip(actions.clone());
            pairs.map(|(at, action)| Line { at, action }).collect()
        })
    })
}

fn harmless(sizes: Sizes) -> impl Strategy<Value = Action> {
    let ask = (process(sizes), request())
        .prop_map(|(process, op)| Action::Ask { process, op: Operation::new(op) });
    prop_oneof![ask, luck(sizes).prop_map(Action::Luck)]
}

fn calm(sizes: Sizes) -> impl Strategy<Value = Option<Vec<ProcessId>>> {
    let (servers, _) = sizes;
    option::of(some_of((1..=servers).map(ProcessId::server).collect()))
}

fn request() -> impl Strategy<Value = Request> {
    let value = "[a-zé@|>,%.]{1,8}#?[0-9]{0,2}";
    prop_oneof![
        value.prop_map(Request::Propose),
        // Two blanks in a row stand inside an operation, but no blank at its end.
        vec(prop_oneof![value, Just(String::new())], 0..3).prop_flat_map(move |words| {
            value.prop_map(move |last| {
                let words = words.iter().cloned().chain([last]);
                Request::Write(words.collect())
            })
        })
    ]
}

pub(crate) fn fault(sizes: Sizes) -> impl Strategy<Value = Fault> {
    prop_oneof![
        5 => of_links(sizes),
        4 => of_hosts(sizes),
        2 => of_clocks(sizes),
        4 => of_disks(sizes),
        3 => condition().prop_map(Fault::Condition),
    ]
}

fn of_links(sizes: Sizes) -> impl Strategy<Value = Fault> {
    prop_oneof![
        links(sizes).prop_map(Fault::Cut),
        links(sizes).prop_map(Fault::Heal),
        links(sizes).prop_map(Fault::Clog),
        links(sizes).prop_map(Fault::Release),
        links(sizes).prop_map(Fault::Reset),
        links(sizes).prop_map(Fault::Refuse),
        links(sizes).prop_map(Fault::Hang),
        links(sizes).prop_map(Fault::Accept),
        (links(sizes), span()).prop_map(|(links, span)| Fault::Slow(links, span)),
    ]
}

fn of_hosts(sizes: Sizes) -> impl Strategy<Value = Fault> {
    prop_oneof![
        (group(sizes), option::of(kept())).prop_map(|(group, kept)| Fault::Crash(group, kept)),
        group(sizes).prop_map(Fault::Boot),
        group(sizes).prop_map(Fault::Stop),
        group(sizes).prop_map(Fault::Start),
        group(sizes).prop_map(Fault::Replace),
        group(sizes).prop_map(Fault::Pause),
        group(sizes).prop_map(Fault::Suspend),
        group(sizes).prop_map(Fault::Resume),
        (group(sizes), span()).prop_map(|(group, span)| Fault::Lag(group, span)),
    ]
}

fn of_clocks(sizes: Sizes) -> impl Strategy<Value = Fault> {
    prop_oneof![
        (group(sizes), any::<i64>()).prop_map(|(group, nanos)| Fault::ClockOffset(group, nanos)),
        (group(sizes), -DRIFT_MAX..=DRIFT_MAX)
            .prop_map(|(group, millionths)| Fault::ClockDrift(group, millionths)),
    ]
}

fn of_disks(sizes: Sizes) -> impl Strategy<Value = Fault> {
    prop_oneof![
        group(sizes).prop_map(Fault::DiskFull),
        (group(sizes), span()).prop_map(|(group, span)| Fault::DiskSlow(group, span)),
        group(sizes).prop_map(Fault::DiskStalls),
        group(sizes).prop_map(Fault::DiskWorks),
        (group(sizes), option::of(record()))
            .prop_map(|(group, record)| Fault::DiskRots(group, record)),
    ]
}

fn luck(sizes: Sizes) -> impl Strategy<Value = Luck> {
    let fate = prop_oneof![
        Just(MessageLuck::Lost),
        span().prop_map(MessageLuck::Takes),
        (span(), span()).prop_map(|(first, second)| MessageLuck::Twice(first, second)),
    ];
    let end = prop_oneof![
        Just(SyncLuck::Fails),
        span().prop_map(SyncLuck::Takes),
        span().prop_map(SyncLuck::FailsAfter),
    ];
    let link = (process(sizes), process(sizes)).prop_map(|(from, to)| Link { from, to });
    prop_oneof![
        (link, number(), fate).prop_map(|(link, number, fate)| Luck::Message {
            link,
            number,
            fate
        }),
        (process(sizes), number(), any::<u64>())
            .prop_map(|(process, number, value)| { Luck::Random { process, number, value } }),
        (process(sizes), number(), end).prop_map(|(process, number, end)| Luck::Sync {
            process,
            number,
            end
        }),
        (process(sizes), record())
            .prop_map(|(process, record)| Luck::WriteFails { process, record }),
        (process(sizes), number(), span()).prop_map(|(process, number, by)| Luck::Late {
            process,
            number,
            by
        }),
        (process(sizes), number(), kept()).prop_map(|(process, number, kept)| Luck::Crash {
            process,
            number,
            kept
        }),
        (process(sizes), number(), record()).prop_map(|(process, number, record)| Luck::Rot {
            process,
            number,
            record
        }),
    ]
}

pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        delay().prop_map(Condition::Delay),
        tail().prop_map(Condition::Tail),
        chance().prop_map(Condition::Loss),
        chance().prop_map(Condition::Duplicate),
        any::<bool>().prop_map(Condition::InOrder),
        option::of(any::<u32>()).prop_map(Condition::Queue),
        range().prop_map(Condition::Sync),
        chance().prop_map(Condition::WriteError),
        chance().prop_map(Condition::SyncError),
        select(vec![Keep::All, Keep::None, Keep::Prefix, Keep::Subset]).prop_map(Condition::Keep),
        chance().prop_map(Condition::Torn),
        tail().prop_map(Condition::Late),
        span().prop_map(Condition::Restart),
    ]
}

fn delay() -> impl Strategy<Value = Delay> {
    prop_oneof![
        range().prop_map(Delay::Uniform),
        (span(), span()).prop_map(|(floor, mean)| Delay::Exponential { floor, mean }),
    ]
}

fn tail() -> impl Strategy<Value = Tail> {
    (chance(), span()).prop_map(|(chance, high)| Tail { chance, high })
}

fn chance() -> impl Strategy<Value = Chance> {
    let millionths = prop_oneof![0..=1_000_000_u32, (0..=100_u32).prop_map(|n| n * 10_000)];
    millionths.prop_map(|millionths| Chance::from_millionths(millionths).unwrap())
}

fn range() -> impl Strategy<Value = SpanRange> {
    (span(), span())
        .prop_map(|(one, other)| SpanRange::new(one.min(other), one.max(other)).unwrap())
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        any::<u64>().prop_map(Span::from_nanos),
        (0..100_000_u64).prop_map(Span::from_millis),
        (0..10_000_u64).prop_map(Span::from_micros),
        (0..3_u64).prop_map(Span::from_nanos),
    ]
}

fn instant() -> impl Strategy<Value = Instant> {
    span().prop_map(|span| Instant::ZERO + span)
}

fn links(sizes: Sizes) -> impl Strategy<Value = Links> {
    let right = prop_oneof![3 => group(sizes), 1 => Just(Group::Rest)];
    let sides = (group(sizes), right, any::<bool>()).prop_map(|(left, right, both)| Sides {
        left,
        right,
        both,
    });
    prop_oneof![1 => Just(Links::All), 4 => vec(sides, 1..4).prop_map(Links::Between)]
}

fn group(sizes: Sizes) -> impl Strategy<Value = Group> {
    prop_oneof![
        1 => Just(Group::All),
        1 => select(vec!["leader", "learner"]).prop_map(|role| Group::Role(role.to_owned())),
        5 => some_of(everybody(sizes)).prop_map(|ids| Group::Processes(ids.into())),
    ]
}

fn process(sizes: Sizes) -> impl Strategy<Value = ProcessId> {
    select(everybody(sizes))
}

fn everybody(sizes: Sizes) -> Vec<ProcessId> {
    let (servers, clients) = sizes;
    let servers = (1..=servers).map(ProcessId::server);
    servers.chain((1..=clients).map(ProcessId::client)).collect()
}

fn some_of(processes: Vec<ProcessId>) -> impl Strategy<Value = Vec<ProcessId>> {
    let count = processes.len();
    subsequence(processes, 1..=count).prop_shuffle()
}

fn kept() -> impl Strategy<Value = Kept> {
    let these = proptest::collection::btree_set(1..u64::MAX, 1..4)
        .prop_map(|numbers| numbers.into_iter().map(RecordNumber).collect::<Vec<_>>())
        .prop_shuffle();
    let records =
        prop_oneof![any::<u32>().prop_map(KeptRecords::First), these.prop_map(KeptRecords::These),];
    (records, any::<bool>()).prop_map(|(records, torn)| Kept { records, torn })
}

fn record() -> impl Strategy<Value = RecordNumber> {
    (1..=u64::MAX).prop_map(RecordNumber)
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![1..9_u32, 1..=u32::MAX]
}

fn knobs() -> impl Strategy<Value = Knobs> {
    const WORDS: [&str; 3] = ["none", "double", "double with noise"];
    let each = (
        option::of((1..60_000_u64).prop_map(|millis| KnobValue::Span(Span::from_millis(millis)))),
        option::of((1..=64_u64).prop_map(KnobValue::Number)),
        option::of(select(WORDS.to_vec()).prop_map(KnobValue::Word)),
    );
    let order = Just([0_usize, 1, 2]).prop_shuffle();
    (each, order).prop_map(|((retry, batch, backoff), order)| {
        let values: [(&Knob, Option<KnobValue>); 3] =
            [(&KNOBS[0], retry), (&KNOBS[1], batch), (&KNOBS[2], backoff)];
        let mut knobs = Knobs::default();
        for (knob, value) in order.map(|place| values[place]) {
            if let Some(value) = value {
                knobs.turn(knob, value);
            }
        }
        knobs
    })
}
