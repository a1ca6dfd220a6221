//! Decides linearizability by trying every order: slow, and simple enough to be trusted.

use squall_linear::{History, Model, Operation};

/// Returns whether some order of the operations respects time and follows `model`. Only events up
/// to the number `until` count. An operation that had not returned by then may have any reply, or
/// no effect.
pub(crate) fn is_linearizable<M: Model>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    refused: &[usize],
    until: u64,
) -> bool {
    let called = history.operations().iter().enumerate();
    let called = called.filter(|(place, it)| it.called <= until && !refused.contains(place));
    let called: Vec<_> = called.map(|(_, it)| it).collect();
    let mut placed = vec![false; called.len()];
    // All keys are put into one state, so that splitting by key is tested as well.
    let mut keys: Vec<_> = called.iter().map(|it| model.key(&it.op)).collect();
    keys.sort();
    keys.dedup();
    let states = vec![model.init(); keys.len()];
    extend(model, &called, &keys, &mut placed, &states, until)
}

fn extend<M: Model>(
    model: &M,
    called: &[&Operation<M::Op, M::Reply>],
    keys: &[M::Key],
    placed: &mut [bool],
    states: &[M::State],
    until: u64,
) -> bool {
    let returned = |it: &Operation<M::Op, M::Reply>| it.returned.filter(|at| *at <= until);
    let open = || (0..called.len()).filter(|place| !placed[*place]);
    let Some(first_return) = open().filter_map(|place| returned(called[place])).min() else {
        return true;
    };
    let next: Vec<_> = open().filter(|place| called[*place].called < first_return).collect();
    for place in next {
        let it = called[place];
        let reply = returned(it).and(it.reply.as_ref());
        let key = keys.binary_search(&model.key(&it.op)).unwrap();
        if let Some(state) = model.step(&states[key], &it.op, reply) {
            let mut states = states.to_vec();
            states[key] = state;
            placed[place] = true;
            let found = extend(model, called, keys, placed, &states, until);
            placed[place] = false;
            if found {
                return true;
            }
        }
    }
    false
}

/// Returns the length of a longest order that respects time and follows `model`, without `stuck`
/// and with all operations that returned before it. Operations in `left_out` do not count, nor do
/// reads whose reply is not known by the number `until`.
pub(crate) fn longest<M: Model>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    left_out: &[usize],
    stuck: usize,
    until: u64,
) -> Option<usize> {
    let operations = history.operations();
    let end = operations[stuck].returned?;
    let counts = |place: usize| {
        let it = &operations[place];
        let is_known = it.returned.is_some_and(|at| at <= until);
        place != stuck
            && it.called < end
            && !left_out.contains(&place)
            && (is_known || !model.is_read(&it.op, None))
    };
    let open: Vec<_> = (0..operations.len()).filter(|place| counts(*place)).collect();
    let open: Vec<_> = open.into_iter().map(|place| &operations[place]).collect();
    longer(model, &open, &model.init(), Ends { stuck: end, until })
}

/// The return of the operation that does not fit, and the last event that counts.
#[derive(Clone, Copy)]
struct Ends {
    stuck: u64,
    until: u64,
}

fn longer<M: Model>(
    model: &M,
    open: &[&Operation<M::Op, M::Reply>],
    state: &M::State,
    ends: Ends,
) -> Option<usize> {
    let first_return = open.iter().filter_map(|it| it.returned.filter(|at| *at < ends.stuck)).min();
    let mut most = first_return.is_none().then_some(0);
    for (place, it) in open.iter().enumerate() {
        let reply = it.returned.filter(|at| *at <= ends.until).and(it.reply.as_ref());
        if first_return.is_none_or(|first| it.called < first)
            && let Some(state) = model.step(state, &it.op, reply)
        {
            let mut rest = open.to_vec();
            rest.remove(place);
            most = most.max(longer(model, &rest, &state, ends).map(|rest| rest + 1));
        }
    }
    most
}
