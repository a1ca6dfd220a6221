//! The search agrees with brute force, and its report of a broken history is true.

use proptest::collection::vec;
use proptest::prelude::*;
use squall_linear::models::{
    Counter, Lock, Log, LogReply, Map, Queue, Register, RegisterOp, RegisterReply, Set, Texts,
};
use squall_linear::{BUDGET, Checked, History, Operation, Refutation, check};

use crate::brute_force::{is_linearizable, longest};
use crate::objects::{Made, Object, make};

/// Checks one history in every way. Returns whether it holds.
fn judge<M: Object>(made: &Made<M>) -> bool {
    let model = M::default();
    let Made { history, refused } = made;
    let expected = is_linearizable(&model, history, refused, u64::MAX);
    match check(&model, history, BUDGET) {
        Checked::Holds => assert!(expected, "brute force finds no order\n{history:#?}"),
        Checked::Broken(why) => {
            assert!(!expected, "brute force finds an order\n{history:#?}\n{why:#?}");
            prove(&model, made, &why);
        }
        Checked::Unknown(limit) => panic!("{limit}"),
    }
    expected
}

/// Checks that the prefix is broken and smallest, and that the order is valid.
fn prove<M: Object>(model: &M, made: &Made<M>, why: &Refutation) {
    let Made { history, refused } = made;
    let operations = history.operations();
    let end = operations[why.last].returned.unwrap();
    let key = model.key(&operations[why.last].op);
    assert!(!is_linearizable(model, history, refused, end), "{why:#?}\n{history:#?}");
    assert!(is_linearizable(model, history, refused, end - 1), "{why:#?}\n{history:#?}");
    assert!(why.is_smallest);
    // One object breaks it, and the story is about this object.
    let mut others = refused.clone();
    others.extend((0..operations.len()).filter(|place| model.key(&operations[*place].op) != key));
    assert!(!is_linearizable(model, history, &others, end), "{why:#?}\n{history:#?}");
    assert!(operations[why.stuck].returned.unwrap() <= end);
    prove_longest(model, made, &others, why);
    if why.since > 0 {
        return;
    }
    assert_eq!(why.state_before, model.describe(&model.init()));
    prove_order(model, made, &others, why);
    let mut fewer = why.clone();
    fewer.order.retain(|place| !why.needless.contains(place));
    prove_order(model, made, &others, &fewer);
    let stuck_at = operations[why.stuck].returned.unwrap();
    for (place, it) in operations.iter().enumerate() {
        let is_due = it.returned.is_some_and(|at| at < stuck_at) && !others.contains(&place);
        assert!(!is_due || fewer.order.contains(&place), "{place}: {why:#?}\n{history:#?}");
    }
}

/// Checks that no order is longer. It begins where the story does; operations before count as well.
fn prove_longest<M: Object>(model: &M, made: &Made<M>, others: &[usize], why: &Refutation) {
    let Made { history, .. } = made;
    let operations = history.operations();
    let end = operations[why.last].returned.unwrap();
    assert!(!why.order.iter().any(|place| why.settled.contains(place)));
    let mine = || operations.iter().enumerate().filter(|(place, _)| !others.contains(place));
    let before = mine().filter(|(_, it)| it.returned.is_some_and(|at| at <= why.since)).count();
    let told = before + why.settled.len() + why.order.len();
    let most = longest(model, history, others, why.stuck, end).unwrap();
    // An operation of unknown outcome that no reply depends on by then is as good as a later one.
    let is_open =
        |it: &Operation<_, _>| it.called <= why.since && it.returned.is_none_or(|at| at > end);
    let is_settled = mine().any(|(_, it)| is_open(it));
    assert!(why.is_longest && told <= most, "{most}: {why:#?}\n{history:#?}");
    assert!(told == most || is_settled, "{most}: {why:#?}\n{history:#?}");
}

/// Checks that the order is valid.
fn prove_order<M: Object>(model: &M, made: &Made<M>, others: &[usize], why: &Refutation) {
    let Made { history, .. } = made;
    let operations = history.operations();
    let end = operations[why.last].returned.unwrap();
    let known = |place: usize| operations[place].returned.filter(|at| *at <= end);
    let mut state = model.init();
    let mut last_change = None;
    for (number, place) in why.order.iter().enumerate() {
        let it = &operations[*place];
        assert!(!why.order[..number].contains(place), "placed twice: {why:#?}\n{history:#?}");
        assert!(!others.contains(place));
        let reply = known(*place).and(it.reply.as_ref());
        let after = model.step(&state, &it.op, reply).expect("a step of the model");
        last_change = if after == state { last_change } else { Some(*place) };
        state = after;
        let is_answered = known(*place).is_some();
        assert_eq!(why.is_open(operations, *place), !is_answered, "{why:#?}\n{history:#?}");
        let late =
            |before: &&usize| known(*place).is_some_and(|at| operations[**before].called > at);
        assert!(!why.order[..number].iter().any(|before| late(&before)), "{why:#?}\n{history:#?}");
    }
    assert_eq!(why.state_after, model.describe(&state), "{why:#?}\n{history:#?}");
    if why.order.iter().all(|place| !why.needless.contains(place)) {
        assert_eq!(why.last_change, last_change, "{why:#?}\n{history:#?}");
    }
    assert!(!why.order.contains(&why.stuck), "{why:#?}\n{history:#?}");
}

fn luck() -> impl Strategy<Value = (u32, Vec<(u8, u8)>, u8)> {
    (2_u32..5, vec((any::<u8>(), any::<u8>()), 0..24), prop_oneof![Just(0), Just(60), Just(255)])
}

macro_rules! agrees {
    ($($name:ident $model:ty),+ $(,)?) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name((processes, luck, lie) in luck()) {
                    let made = make::<$model>(processes, &luck, lie);
                    let holds = judge(&made);
                    prop_assert!(holds || lie > 0, "no reply is a lie, and it does not hold");
                }
            )+
        }
    };
}

agrees! {
    a_register_is_judged_as_by_brute_force Register<u8>,
    a_map_is_judged_as_by_brute_force Map<u8, u8>,
    a_queue_is_judged_as_by_brute_force Queue<u8>,
    a_log_is_judged_as_by_brute_force Log<u8>,
    a_lock_is_judged_as_by_brute_force Lock<u32>,
    a_counter_is_judged_as_by_brute_force Counter,
    a_set_is_judged_as_by_brute_force Set<u8>,
    texts_are_judged_as_by_brute_force Texts<u8>,
}

/// A write of the present value changes nothing, but it may hide another write.
#[test]
fn a_write_that_hides_another_one_is_needed() {
    let luck = [
        (32, 73),
        (110, 249),
        (19, 255),
        (43, 20),
        (19, 0),
        (182, 0),
        (71, 31),
        (22, 0),
        (235, 158),
        (71, 0),
    ];
    assert!(!judge(&make::<Register<u8>>(4, &luck, 60)));
}

/// A lie about a log has at most seven entries, but a log may have more.
#[test]
fn a_log_of_ten_entries_can_still_be_read() {
    // Process 0 acts alone: 16 is a process that is answered. It appends ten times, then reads.
    let (append, read) = ([(16, 0); 3], [(16, 1); 3]);
    let luck: Vec<(u8, u8)> = [append; 10].into_iter().chain([read]).flatten().collect();
    let made = make::<Log<u8>>(2, &luck, 0);
    let reads = made.history.operations().last().and_then(|it| it.reply.clone());
    assert_eq!(reads, Some(LogReply::Entries(vec![0; 10])));
    assert!(judge(&made));
}

/// Compare-and-sets without an answer that find nothing to set. They may have come in any order.
#[test]
fn an_order_that_may_not_be_longest_is_reported_as_such() {
    for (count, is_longest) in [(8, true), (20, false)] {
        let mut history = RegisterHistory::new();
        for value in 1..=count {
            let op = RegisterOp::CompareAndSet { old: value, new: value };
            history.call(value.into(), 0, op);
        }
        let call = history.call(100, 0, RegisterOp::Read);
        history.give_back(call, 101, RegisterReply::Value(77));
        let checked = check(&Register::default(), &history, BUDGET);
        let Checked::Broken(why) = checked else { panic!("{checked:?}") };
        assert_eq!((why.order.len(), why.is_longest), (count.into(), is_longest));
        assert_eq!(why.needless.len(), why.order.len(), "no reply depends on any of them");
    }
}

/// Returns `made`, preceded by `reads` sequential reads of the initial value.
fn after_reads(made: &Made<Register<u8>>, reads: usize) -> RegisterHistory {
    let mut history = RegisterHistory::new();
    for number in 0..reads as u64 {
        let call = history.call(number * 2 + 1, 9, RegisterOp::Read);
        history.give_back(call, number * 2 + 2, RegisterReply::Value(0));
    }
    let operations = made.history.operations();
    let calls = operations.iter().enumerate().map(|(place, it)| (it.called, place));
    let ends = operations.iter().enumerate().filter_map(|(place, it)| Some((it.returned?, place)));
    let mut moments: Vec<(u64, usize)> = calls.chain(ends).collect();
    moments.sort_unstable();
    let mut called = Vec::new();
    for (number, place) in moments {
        let (it, number) = (&operations[place], number + reads as u64 * 2);
        match called.get(place) {
            None => called.push(history.call(number, it.process, it.op)),
            Some(call) => history.give_back(*call, number, it.reply.unwrap()),
        }
    }
    for place in &made.refused {
        history.refuse(called[*place]);
    }
    history
}

type RegisterHistory = History<RegisterOp<u8>, RegisterReply<u8>>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    /// A long history is walked again from a milestone near its end. The story is the same as
    /// without the operations before.
    #[test]
    fn what_was_settled_before_changes_no_story(
        (processes, luck, _) in luck(),
        reads in 0_usize..2_000,
    ) {
        let made = make::<Register<u8>>(processes, &luck, 255);
        let Checked::Broken(alone) = check(&Register::default(), &made.history, BUDGET) else {
            return Ok(());
        };
        let history = after_reads(&made, reads);
        let checked = check(&Register::default(), &history, BUDGET);
        let Checked::Broken(after) = checked else { panic!("{checked:?}\n{made:#?}") };
        let later = |places: &[usize]| places.iter().map(|place| place + reads).collect::<Vec<_>>();
        prop_assert_eq!(after.last, alone.last + reads);
        prop_assert_eq!(after.stuck, alone.stuck + reads);
        prop_assert_eq!(after.is_smallest, alone.is_smallest);
        prop_assert_eq!(&after.settled, &later(&alone.settled));
        prop_assert_eq!(&after.order, &later(&alone.order));
        prop_assert_eq!(&after.needless, &later(&alone.needless));
        prop_assert_eq!(&after.state_before, &alone.state_before);
        prop_assert_eq!(&after.state_after, &alone.state_after);
        let window = after.window.iter().copied().filter(|place| *place >= reads);
        prop_assert_eq!(window.collect::<Vec<_>>(), later(&alone.window));
    }
}
